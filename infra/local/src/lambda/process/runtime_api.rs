//! The Lambda Runtime API for one process: the process asks for the next invocation and posts its response or error.

use std::sync::{Arc, Mutex, PoisonError};

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
use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, oneshot};

use crate::{
    lambda::executor::{FunctionError, Invocation},
    request_guard::refuse_foreign_callers,
};

/// The maximum size of a response, in bytes.
const MAX_RESPONSE_SIZE: usize = 6 * 1_024 * 1_024 + 100;

/// The result of an invocation.
pub(super) type InvocationResult = Result<String, FunctionError>;

/// An invocation for the process, with the channel for its result.
pub(super) struct Work {
    pub(super) invocation: Invocation,
    pub(super) result: oneshot::Sender<InvocationResult>,
}

/// The state of the Runtime API of one process.
pub(super) struct RuntimeSession {
    incoming: AsyncMutex<mpsc::Receiver<Work>>,
    /// The invocation that the process works on.
    open: Mutex<Option<(String, oneshot::Sender<InvocationResult>)>>,
    /// The request id of the invocation that the process fetched last.
    last_started: Mutex<Option<String>>,
    init_error: Mutex<Option<FunctionError>>,
    /// Notified when the process must be ended.
    pub(super) end: Notify,
}

impl RuntimeSession {
    pub(super) fn new(incoming: mpsc::Receiver<Work>) -> Self {
        Self {
            incoming: AsyncMutex::new(incoming),
            open: Mutex::default(),
            last_started: Mutex::default(),
            init_error: Mutex::default(),
            end: Notify::new(),
        }
    }

    /// Waits for the next invocation. Returns none when the environment has ended.
    async fn next(&self) -> Option<Invocation> {
        let Work { invocation, result } = self.incoming.lock().await.recv().await?;
        let id = invocation.request_id.clone();
        *self.last_started.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, result));
        Some(invocation)
    }

    /// Whether the process has fetched this invocation.
    pub(super) fn has_started(&self, request_id: &str) -> bool {
        self.last_started.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(request_id)
    }

    /// Passes on the result of an invocation. Returns false if no invocation with this id is open.
    fn complete(&self, request_id: &str, result: InvocationResult) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.take_if(|(id, _)| id == request_id) {
            // The receiver is gone if the invocation has timed out.
            Some((_, sender)) => sender.send(result).is_ok(),
            None => false,
        }
    }

    fn fail_init(&self, error: FunctionError) {
        *self.init_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.end.notify_one();
    }

    /// The initialization error that the process reported, if it did.
    pub(super) fn init_error(&self) -> Option<FunctionError> {
        self.init_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The routes of the Runtime API.
pub(super) fn router(session: Arc<RuntimeSession>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next_invocation))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(post_response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(post_error))
        .route("/2018-06-01/runtime/init/error", post(post_init_error))
        .layer(DefaultBodyLimit::max(MAX_RESPONSE_SIZE))
        .layer(from_fn(refuse_foreign_callers))
        .with_state(session)
}

type Session = State<Arc<RuntimeSession>>;

async fn next_invocation(State(session): Session) -> Response {
    let Some(invocation) = session.next().await else {
        return error_response(StatusCode::GONE, "Runtime.Ended", "this environment has ended");
    };
    // The function compares the deadline with the machine's clock.
    let timeout = i64::from(invocation.function.timeout_seconds) * 1_000;
    let deadline = Timestamp::now().as_millisecond() + timeout;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.function.arn.clone()),
        ("lambda-runtime-trace-id", invocation.trace),
    ];
    (headers, invocation.payload).into_response()
}

async fn post_response(State(session): Session, Path(id): Path<String>, body: String) -> Response {
    accepted(session.complete(&id, Ok(body)))
}

async fn post_error(State(session): Session, Path(id): Path<String>, headers: HeaderMap, body: String) -> Response {
    accepted(session.complete(&id, Err(parse_error(&headers, &body))))
}

async fn post_init_error(State(session): Session, headers: HeaderMap, body: String) -> Response {
    session.fail_init(parse_error(&headers, &body));
    accepted(true)
}

/// The error in the body, or one with the type in the header.
fn parse_error(headers: &HeaderMap, body: &str) -> FunctionError {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let header = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    let kind = body.get("errorType").and_then(Value::as_str).or(header).unwrap_or("Runtime.UnknownReason");
    let message = body.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    let trace = body.get("stackTrace").and_then(Value::as_array).into_iter().flatten();
    let trace = trace.filter_map(Value::as_str).map(str::to_owned).collect();
    FunctionError { kind: kind.to_owned(), message: message.to_owned(), trace }
}

fn accepted(accepted: bool) -> Response {
    match accepted {
        true => (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response(),
        false => error_response(StatusCode::BAD_REQUEST, "InvalidRequestID", "no such invocation is open"),
    }
}

fn error_response(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}
