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

use super::{
    protocol::{Payload, bytes, header},
    state::HttpState,
};
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
            Err(error) => return Some(xml::refuse(sqs::NAMESPACE, &error)),
        },
        Method::GET if is_queue(uri.path()) => Form::parse(uri, b""),
        _ => return None,
    };
    let action = form.text("Action").unwrap_or_default();
    if form.text("Version") == Some(STS_VERSION) {
        return Some(sts::answer(&state.services.account_region.account, action, &form));
    }
    if action.is_empty() && *method == Method::GET {
        return Some(xml::document(StatusCode::NOT_FOUND, "<UnknownOperationException/>\n".to_owned()));
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
