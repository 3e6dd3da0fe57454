//! The protocols of AWS: reads bodies, queries and headers of requests, and writes responses. An error is a JSON body, a
//! header, or XML.

use axum::{
    body::{Body, Bytes},
    extract::rejection::BytesRejection,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    aws_error::AwsError,
    request_guard::ERROR_TYPE,
    sqs::{json_type, query_error},
};

/// The maximum size of a request body, in bytes.
pub const LARGEST_BODY: usize = 8 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: &str = "x-amzn-query-error";

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON 1.0 with a target header: DynamoDB.
    Json10,
    /// JSON 1.1 with a target header: EventBridge.
    Json11,
    /// JSON 1.0 with the error code of the older query protocol in a header: SQS.
    Sqs,
    /// JSON with paths and methods: Scheduler, Lambda and SES.
    Rest,
}

impl Protocol {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json10 | Self::Sqs => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::Rest => "application/json",
        }
    }

    /// The response to a call.
    pub(super) fn answer(self, result: Result<Value, AwsError>) -> Response {
        match result {
            Ok(body) => self.body(StatusCode::OK, &body),
            Err(error) => self.refuse(&error),
        }
    }

    /// The response to a call that failed. An unknown operation is also logged.
    pub(super) fn refuse(self, error: &AwsError) -> Response {
        if error.code == "UnknownOperationException" {
            tracing::warn!(reason = error.message, "unknown operation");
        }
        let (body, header) = match self {
            Self::Json10 | Self::Json11 => (error.body(), None),
            Self::Sqs => {
                let body = json!({ "__type": json_type(&error.code), "message": error.message });
                (body, Some((HeaderName::from_static(QUERY_ERROR), query_error(error))))
            }
            // The services differ in the case of the member, and each SDK reads only its own.
            Self::Rest => {
                (json!({ "Message": error.message, "message": error.message }), Some((ERROR_TYPE, error.code.clone())))
            }
        };
        let mut response = self.body(status(error.status), &body);
        if let Some((name, value)) = header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn body(self, status: StatusCode, body: &Value) -> Response {
        let content_type = HeaderValue::from_static(self.content_type());
        (status, [(CONTENT_TYPE, content_type)], body.to_string()).into_response()
    }
}

/// The status of this number; 500 if the number is invalid.
pub(super) fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A response of the query protocol.
pub(super) fn xml(status: StatusCode, request_id: &str, body: String) -> Response {
    let mut response = (status, [(CONTENT_TYPE, HeaderValue::from_static("text/xml"))], body).into_response();
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, request_id);
    }
    response
}

/// The error of an unknown operation.
pub(super) fn unknown(what: impl std::fmt::Display) -> AwsError {
    AwsError::sender("UnknownOperationException", format!("{what} is not known here."))
}

/// Gives every response the id of its request, unless it has one.
pub(super) async fn with_request_id(mut response: Response<Body>) -> Response<Body> {
    if let Ok(request_id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.headers_mut().entry(REQUEST_ID).or_insert(request_id);
    }
    response
}

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

/// The query parameters as strings.
pub(super) fn query(uri: &Uri) -> Map<String, Value> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}

/// The value of a header that is text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
