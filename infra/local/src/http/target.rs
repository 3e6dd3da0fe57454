//! Requests that name their operation in the `X-Amz-Target` header, those of the query protocol, and all paths without a
//! route.

use axum::{
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};

use super::{
    dynamo,
    protocol::{Payload, Protocol, bytes, fields, header, unknown},
    query,
    state::HttpState,
};

const TRACE: &str = "X-Amzn-Trace-Id";

/// `GET /`: the pages for people, unless it is a call of the query protocol.
pub(super) async fn front_door(
    state: State<HttpState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    match uri.query() {
        Some(query) if query.contains("Action=") => answer(state, method, uri, headers, payload).await,
        _ => Redirect::temporary("/console/live").into_response(),
    }
}

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
        let answered = query::answer(&state, &method, &uri, &headers, payload).await;
        return answered.unwrap_or_else(|| Protocol::Rest.refuse(&unknown(format_args!("{method} {}", uri.path()))));
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
            Ok(body) => services.aws.sqs.handle(operation, with_trace(operation, body, &headers)).await,
            Err(error) => Err(error),
        }),
        _ => Protocol::Json10.refuse(&unknown(target)),
    }
}

/// The fields of a call of SQS. `SendMessage` takes the trace header of its request, too.
fn with_trace(operation: &str, mut fields: Map<String, Value>, headers: &HeaderMap) -> Value {
    if let ("SendMessage", Some(trace)) = (operation, header(headers, TRACE)) {
        fields.insert(TRACE.to_owned(), trace.into());
    }
    fields.into()
}
