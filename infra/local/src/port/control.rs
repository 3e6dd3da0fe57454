//! What only the local cloud has: its health, its clock in the hand of others, and its feed.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::KeepAlive;
use axum::response::sse::Sse;
use futures::stream;
use jiff::SignedDuration;
use serde_json::Value;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::aws_error::AwsError;

use super::Port;
use super::answer::Protocol;
use super::request::Payload;
use super::request::fields;

/// `GET /_causeway/health`: that it is there, what time it is, and how much is still under way.
pub(super) async fn health(State(port): State<Port>) -> Response {
    let parts = &port.parts;
    Protocol::Rest.answer(Ok(json!({
        "status": "ready",
        "now": parts.clock.now().to_string(),
        "paused": parts.clock.is_paused(),
        "undelivered": parts.events.undelivered(),
        "invokes": parts.invokes.waiting(),
        "schedules": parts.scheduler.under_way(),
    })))
}

/// `POST /_causeway/tick` with `{"seconds": N}`: moves the clock on, and answers what it shows then.
pub(super) async fn tick(State(port): State<Port>, payload: Payload) -> Response {
    let moved = fields(payload).and_then(|fields| seconds(fields.get("seconds"))).map(|duration| {
        port.parts.clock.tick(duration);
        json!({ "now": port.parts.clock.now().to_string() })
    });
    Protocol::Rest.answer(moved)
}

fn seconds(given: Option<&Value>) -> Result<SignedDuration, AwsError> {
    let duration = given.and_then(Value::as_f64).and_then(|given| SignedDuration::try_from_secs_f64(given).ok());
    duration
        .filter(|duration| !duration.is_negative())
        .ok_or_else(|| AwsError::sender("ValidationException", "seconds must be a number that is not negative."))
}

/// `GET /_causeway/feed`: everything that happens from now on, as server-sent events. Who reads too slowly is told
/// how much they missed.
pub(super) async fn feed(State(port): State<Port>) -> Response {
    let events = stream::unfold(port.parts.feed.subscribe(), |mut feed| async move {
        let event = match feed.recv().await {
            Ok(text) => Event::default().data(text),
            Err(RecvError::Lagged(missed)) => {
                Event::default().event("missed").data(json!({ "missed": missed }).to_string())
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok::<_, Infallible>(event), feed))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
