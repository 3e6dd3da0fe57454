//! What goes wrong at the port on purpose: calls that are refused before anything is done, and calls that are carried
//! out while their answer is lost. What only the local cloud has is never hit.

mod call;

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header::CONTENT_LENGTH},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::stream;

use crate::faults::{Faults, Kind};
use call::Call;

/// Passes the call on, refuses it, or loses its response.
pub(super) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let Some(call) = Call::of(&request) else {
        return next.run(request).await;
    };
    let draw = |kind| faults.draw(kind, call.part, call.operation.as_ref());
    if draw(Kind::Throttle).is_some() {
        return call.throttled();
    }
    if let Some(fault) = draw(Kind::Error) {
        return call.failed(fault.unit_f64(0) < 0.5);
    }
    let lost = draw(Kind::LostAnswer);
    let answer = next.run(request).await;
    match lost {
        None => answer,
        Some(_) => cut_off(),
    }
}

/// A response that breaks off in its body: the connection is closed, and an SDK sees no response.
fn cut_off() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(io::Error::other("an injected fault cut the connection")) });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_LENGTH, "2")], Body::from_stream(broken)).into_response()
}
