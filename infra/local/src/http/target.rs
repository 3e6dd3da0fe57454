//! Requests that name their operation in the `X-Amz-Target` header, forms of the query protocol (STS, only
//! `GetCallerIdentity`), and all paths without a route.

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::Response,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    dynamo,
    protocol::{Payload, Protocol, bytes, fields, header, status, unknown, xml},
    state::HttpState,
};
use crate::aws_error::AwsError;

const FORM: &str = "application/x-www-form-urlencoded";
const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Dispatches by the target header. A request without one may be a form of the query protocol.
pub(super) async fn answer(
    State(state): State<HttpState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let services = &state.services;
    let Some(target) = header(&headers, "x-amz-target").filter(|_| method == Method::POST) else {
        return match header(&headers, CONTENT_TYPE.as_str()) {
            Some(kind) if kind.starts_with(FORM) => caller_identity(&services.account, payload),
            _ => Protocol::Rest.refuse(&unknown(format_args!("{method} {}", uri.path()))),
        };
    };
    match target.rsplit_once('.') {
        Some((dynamo::TABLES | dynamo::STREAMS, operation)) => match bytes(payload) {
            Ok(body) => state.dynamo.forward(operation, &headers, body).await,
            Err(error) => Protocol::Json10.refuse(&error),
        },
        Some(("AWSEvents", operation)) => Protocol::Json11.answer(match fields(payload) {
            Ok(body) => services.aws.events.handle(operation, Value::Object(body)).await,
            Err(error) => Err(error),
        }),
        Some(("AmazonSQS", operation)) => Protocol::Sqs.answer(match fields(payload) {
            Ok(body) => services.aws.sqs.handle(operation, Value::Object(body)).await,
            Err(error) => Err(error),
        }),
        _ => Protocol::Json10.refuse(&unknown(target)),
    }
}

fn caller_identity(account: &str, payload: Payload) -> Response {
    let body = match bytes(payload) {
        Ok(body) => body,
        Err(error) => return refuse_xml(&error),
    };
    let field = |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value);
    let (action, version) = (field("Action").unwrap_or_default(), field("Version").unwrap_or_default());
    if action != "GetCallerIdentity" {
        tracing::warn!(%action, %version, "unknown operation");
        let message = format!("Could not find operation {action} for version {version}");
        return refuse_xml(&AwsError::sender("InvalidAction", message));
    }
    let request_id = Uuid::new_v4().to_string();
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"{STS_NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:root</Arn><UserId>{account}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    xml(StatusCode::OK, &request_id, body)
}

fn refuse_xml(error: &AwsError) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let fault = if error.status >= 500 { "Receiver" } else { "Sender" };
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (code, message) = (escaped(&error.code), escaped(&error.message));
    let body = format!(
        "<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    xml(status(error.status), &request_id, body)
}
