//! Responses in the protocols of AWS: an error is a JSON body, a header, or XML.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{aws_error::AwsError, request_guard::ERROR_TYPE};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON with a target header: DynamoDB and SQS.
    Json10,
    /// The same with a newer number: EventBridge.
    Json11,
    /// JSON with paths and methods: Scheduler, Lambda and SES.
    Rest,
}

impl Protocol {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json10 => "application/x-amz-json-1.0",
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
        let body = match self {
            Self::Json10 | Self::Json11 => error.body(),
            // The services differ in the case of the member, and each SDK reads only its own.
            Self::Rest => json!({ "Message": error.message, "message": error.message }),
        };
        let mut response = self.body(status(error.status), &body);
        if let (Self::Rest, Ok(code)) = (self, HeaderValue::from_str(&error.code)) {
            response.headers_mut().insert(ERROR_TYPE, code);
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

/// Gives every answer the id of its request, unless it has one.
pub(super) async fn with_request_id(mut response: Response<Body>) -> Response<Body> {
    if let Ok(request_id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.headers_mut().entry(REQUEST_ID).or_insert(request_id);
    }
    response
}
