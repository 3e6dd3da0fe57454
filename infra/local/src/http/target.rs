//! Requests that name their operation in the `X-Amz-Target` header, and all paths without a route.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, Uri, header::CONTENT_TYPE},
    response::Response,
};
use serde_json::Value;

use crate::{aws_error::AwsError, sqs::query_error};

use super::{
    HttpState,
    answer::{Protocol, unknown},
    identity,
    request::{Payload, bytes, header, object},
};

const QUERY_ERROR: &str = "x-amzn-query-error";
const FORM: &str = "application/x-www-form-urlencoded";

/// Dispatches by the target header. A request without one may be a form of the query protocol.
pub(super) async fn answer(
    State(state): State<HttpState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let Some(target) = header(&headers, "x-amz-target").filter(|_| method == Method::POST) else {
        let form = header(&headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with(FORM));
        return match form {
            true => identity::answer(&state.services.account, payload),
            false => Protocol::Rest.refuse(&unknown(format_args!("{method} {}", uri.path()))),
        };
    };
    match target.rsplit_once('.') {
        Some((super::dynamo::TABLES | super::dynamo::STREAMS, operation)) => match bytes(payload) {
            Ok(body) => state.dynamo.forward(operation, &headers, body).await,
            Err(error) => Protocol::Json10.refuse(&error),
        },
        Some(("AWSEvents", operation)) => Protocol::Json11.answer(match object(payload) {
            Ok(body) => state.services.events.handle(operation, body).await,
            Err(error) => Err(error),
        }),
        Some(("AmazonSQS", operation)) => queues(&state, operation, payload).await,
        _ => Protocol::Json10.refuse(&unknown(target)),
    }
}

async fn queues(state: &HttpState, operation: &str, payload: Payload) -> Response {
    let result = match object(payload) {
        Ok(body) => state.services.sqs.handle(operation, body).await,
        Err(error) => Err(error),
    };
    queue_answer(result)
}

/// The response of SQS, with the error code of the query protocol in a header.
pub(super) fn queue_answer(result: Result<Value, AwsError>) -> Response {
    let older = result.as_ref().err().and_then(|error| HeaderValue::from_str(&query_error(error)).ok());
    let mut response = Protocol::Json10.answer(result);
    if let Some(older) = older {
        response.headers_mut().insert(QUERY_ERROR, older);
    }
    response
}
