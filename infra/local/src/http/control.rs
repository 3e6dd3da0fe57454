//! The health and the activity feed of the local cloud.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::{HttpState, answer::Protocol};

/// `GET /_causeway/health`: the status, the time, and the amount of pending work.
pub(super) async fn health(State(state): State<HttpState>) -> Response {
    let services = &state.services;
    Protocol::Rest.answer(Ok(json!({
        "status": "ready",
        "now": services.clock.now().to_string(),
        "paused": services.clock.is_paused(),
        "undelivered": services.events.undelivered(),
        "invokes": services.invokes.pending(),
        "schedules": services.scheduler.pending_executions(),
    })))
}

/// `GET /_causeway/feed`: everything that happens from now on, as server-sent events. Who reads too slowly is told
/// how much they missed.
pub(super) async fn feed(State(state): State<HttpState>) -> Response {
    let events = stream::unfold(state.services.activity.subscribe(), |mut feed| async move {
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
