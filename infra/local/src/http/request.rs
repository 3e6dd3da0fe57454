//! Reads the body and the query of a request, with the errors of AWS.

use axum::{
    body::Bytes,
    extract::rejection::BytesRejection,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::{Map, Value};

use crate::aws_error::AwsError;

use super::LARGEST_BODY;

/// A body, if it could be read.
pub(super) type Payload = Result<Bytes, BytesRejection>;

/// The bytes of a body.
pub(super) fn bytes(payload: Payload) -> Result<Bytes, AwsError> {
    payload.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => AwsError {
            status: 413,
            code: "RequestEntityTooLargeException".to_owned(),
            message: format!("The body is larger than {LARGEST_BODY} bytes."),
        },
        _ => AwsError::sender("SerializationException", rejection.body_text()),
    })
}

/// The fields of a JSON body; an empty body has none.
pub(super) fn fields(payload: Payload) -> Result<Map<String, Value>, AwsError> {
    let bytes = bytes(payload)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| AwsError::sender("SerializationException", format!("The body is no JSON object: {error}")))
}

/// The fields of a JSON body, as the services take them.
pub(super) fn object(payload: Payload) -> Result<Value, AwsError> {
    fields(payload).map(Value::Object)
}

/// Adds the query parameters as strings.
pub(super) fn add_query(fields: &mut Map<String, Value>, uri: &Uri) {
    let query = uri.query().unwrap_or_default().as_bytes();
    let pairs = form_urlencoded::parse(query);
    fields.extend(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))));
}

/// A header that is a text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
