//! The Runtime API of Lambda for one process: a process asks for the next invocation, and says how it went.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{FunctionError, desk::Desk};
use crate::request_guard::refuse_foreign_callers;

/// What an answer of Lambda may be at most, in bytes.
const LARGEST_ANSWER: usize = 6 * 1_024 * 1_024 + 100;

/// All that a process may ask.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(cannot_begin))
        .layer(DefaultBodyLimit::max(LARGEST_ANSWER))
        .layer(from_fn(refuse_foreign_callers))
        .with_state(desk)
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let Some(invocation) = desk.next().await else {
        return refused(StatusCode::GONE, "Runtime.Ended", "this environment has ended");
    };
    // The function reads the clock of the machine, so its deadline is told on that one.
    let left = i64::from(invocation.function.timeout_seconds) * 1_000;
    let deadline = Timestamp::now().as_millisecond() + left;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.function.arn.clone()),
        ("lambda-runtime-trace-id", invocation.trace),
    ];
    (headers, invocation.payload).into_response()
}

async fn response(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: String) -> Response {
    taken(desk.answered(&id, Ok(body)))
}

async fn error(State(desk): State<Arc<Desk>>, Path(id): Path<String>, headers: HeaderMap, body: String) -> Response {
    taken(desk.answered(&id, Err(said(&headers, &body))))
}

async fn cannot_begin(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: String) -> Response {
    desk.cannot_begin(said(&headers, &body));
    taken(true)
}

/// The error as the process says it: in the body, or only its kind in a header.
fn said(headers: &HeaderMap, body: &str) -> FunctionError {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let header = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    let kind = body.get("errorType").and_then(Value::as_str).or(header).unwrap_or("Runtime.UnknownReason");
    let message = body.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    let trace = body.get("stackTrace").and_then(Value::as_array).into_iter().flatten();
    let trace = trace.filter_map(Value::as_str).map(str::to_owned).collect();
    FunctionError { kind: kind.to_owned(), message: message.to_owned(), trace }
}

fn taken(taken: bool) -> Response {
    match taken {
        true => (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response(),
        false => refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "no such invocation is open"),
    }
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}
