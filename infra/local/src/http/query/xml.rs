//! The responses of the query protocol, in XML.

use axum::{http::StatusCode, response::Response};
use uuid::Uuid;

use crate::{
    aws_error::AwsError,
    http::protocol::{self, status},
    sqs::query_error,
};

/// A text as the content of an element.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A reader of XML would make a line feed of it.
            '\r' => out.push_str("&#xD;"),
            plain => out.push(plain),
        }
    }
    out
}

/// An element with this content.
pub(super) fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}

/// A response with this body.
pub(super) fn document(status: StatusCode, body: String) -> Response {
    protocol::xml(status, &request_id(), body)
}

/// The response to an operation with this result; without one the operation has none.
pub(super) fn respond(namespace: &str, action: &str, result: Option<String>) -> Response {
    let request_id = request_id();
    let result = result.map(|result| element(&format!("{action}Result"), &result)).unwrap_or_default();
    let body = format!(
        "<?xml version=\"1.0\"?><{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata>\
         <RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    );
    protocol::xml(StatusCode::OK, &request_id, body)
}

/// The response to an operation that has failed, with the code of this protocol.
pub(super) fn refuse(namespace: &str, error: &AwsError) -> Response {
    let request_id = request_id();
    let query_error = query_error(error);
    let (code, fault) = query_error.rsplit_once(';').unwrap_or((&error.code, "Sender"));
    let (code, message) = (escaped(code), escaped(&error.message));
    let body = format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
         <Message>{message}</Message><Detail/></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    protocol::xml(status(error.status), &request_id, body)
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}
