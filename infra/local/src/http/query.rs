//! The query protocol of older SDKs: forms and query strings with an `Action`, answered in XML. It is spoken by SQS, at `/`
//! and at the URL of a queue, and by STS.

mod form;
mod sqs;
mod sts;
mod xml;

use axum::{
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    response::Response,
};
use uuid::Uuid;

use super::{
    protocol::{self, Payload, bytes, header, status},
    state::HttpState,
};
use crate::{aws_error::AwsError, sqs::query_error};
use form::Form;

const FORM: &str = "application/x-www-form-urlencoded";
const STS_VERSION: &str = "2011-06-15";

/// Answers a request of the query protocol; none if it is not one.
pub(super) async fn answer(
    state: &HttpState,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    payload: Payload,
) -> Option<Response> {
    let has_form = header(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with(FORM));
    let form = match *method {
        Method::POST if has_form => match bytes(payload) {
            Ok(body) => Form::parse(uri, &body),
            Err(error) => return Some(refuse(sqs::NAMESPACE, &error)),
        },
        Method::GET if is_queue(uri.path()) => Form::parse(uri, b""),
        _ => return None,
    };
    let action = form.text("Action").unwrap_or_default();
    if form.text("Version") == Some(STS_VERSION) {
        return Some(sts::answer(&state.services.account_region.account, action, &form));
    }
    if action.is_empty() && *method == Method::GET {
        return Some(protocol::xml(StatusCode::NOT_FOUND, &request_id(), "<UnknownOperationException/>\n".to_owned()));
    }
    Some(sqs::answer(&state.services.aws.sqs, action, uri.path(), &form).await)
}

/// Whether this is the path of a queue: an account and a name.
fn is_queue(path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/');
    let account = parts.next().unwrap_or_default();
    account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && parts.next().is_some_and(|name| !name.is_empty())
        && parts.next().is_none()
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// The response to an operation with this result; without one the operation has none.
fn respond(namespace: &str, action: &str, result: Option<String>) -> Response {
    let request_id = request_id();
    let result = result.map(|result| format!("<{action}Result>{result}</{action}Result>")).unwrap_or_default();
    let body = format!(
        "<?xml version=\"1.0\"?><{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata>\
         <RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    );
    protocol::xml(StatusCode::OK, &request_id, body)
}

fn refuse(namespace: &str, error: &AwsError) -> Response {
    let request_id = request_id();
    let query_error = query_error(error);
    let (code, fault) = query_error.rsplit_once(';').unwrap_or((&error.code, "Sender"));
    let (code, message) = (xml::escaped(code), xml::escaped(&error.message));
    let body = format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
         <Message>{message}</Message><Detail/></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    protocol::xml(status(error.status), &request_id, body)
}
