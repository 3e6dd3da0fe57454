//! STS: only GetCallerIdentity, in the query protocol with XML responses.

use axum::{http::StatusCode, response::Response};
use uuid::Uuid;

use crate::aws_error::AwsError;

use super::{
    answer::{status, xml},
    request::{Payload, bytes},
};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers a form.
pub(super) fn answer(account: &str, payload: Payload) -> Response {
    let body = match bytes(payload) {
        Ok(body) => body,
        Err(error) => return refuse(&error),
    };
    let field = |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value);
    match field("Action").as_deref() {
        Some("GetCallerIdentity") => identity(account),
        action => {
            let (action, version) = (action.unwrap_or_default(), field("Version").unwrap_or_default());
            tracing::warn!(action, %version, "unknown operation");
            let message = format!("Could not find operation {action} for version {version}");
            refuse(&AwsError::sender("InvalidAction", message))
        }
    }
}

fn identity(account: &str) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:root</Arn><UserId>{account}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    xml(StatusCode::OK, &request_id, body)
}

fn refuse(error: &AwsError) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let fault = if error.status >= 500 { "Receiver" } else { "Sender" };
    let (code, message) = (escaped(&error.code), escaped(&error.message));
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    xml(status(error.status), &request_id, body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
