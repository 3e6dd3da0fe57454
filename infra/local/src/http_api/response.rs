//! The response to a caller: what the function answered, in the format 2.0, or an error of the API itself.

use axum::{
    Json,
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// The response of the API itself, such as `{"message":"Not Found"}`.
pub(crate) fn error(status: StatusCode) -> Response {
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        other => other.canonical_reason().unwrap_or("Internal Server Error"),
    };
    (status, Json(json!({ "message": message }))).into_response()
}

/// The response that a function's answer means. An object with a status code is a response; anything else is the body of
/// one. An answer that is no JSON or has an invalid part is an error of the function.
pub(crate) fn response(answer: &str) -> Response {
    let read = match serde_json::from_str(answer) {
        Ok(Value::Object(fields)) if fields.contains_key("statusCode") => structured(&fields),
        Ok(_) => Some(with_type("application/json", answer.to_owned().into_bytes())),
        Err(_) => None,
    };
    read.unwrap_or_else(|| error(StatusCode::INTERNAL_SERVER_ERROR))
}

fn structured(fields: &Map<String, Value>) -> Option<Response> {
    let status = fields.get("statusCode").and_then(|status| match status {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|status| u16::try_from(status).ok()),
    });
    let status = StatusCode::from_u16(status?).ok()?;
    let body = match fields.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if fields.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
            STANDARD.decode(text).ok()?
        }
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(_) => return None,
    };
    let mut response = with_type("text/plain;charset=UTF-8", body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in fields.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?);
    }
    for cookie in fields.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        headers.append(SET_COOKIE, HeaderValue::from_str(cookie.as_str()?).ok()?);
    }
    Some(response)
}

fn with_type(content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
