//! The simulated payment provider at `/_causeway/payments`.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, Method, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    faults::cut_off,
    protocol::{Payload, Protocol, bytes, header, status},
    state::HttpState,
};
use crate::{
    aws_error::AwsError,
    faults::{Kind, Part},
    payments::Sent,
};

/// The provider's address on this server.
const ADDRESS: &str = "/_causeway/payments";

/// How long a request without an answer stays open.
const HANGS: Duration = Duration::from_secs(60);

/// `GET /_causeway/payments`: all charges, for tests and for the curious.
pub(super) async fn list(State(state): State<HttpState>) -> Response {
    Protocol::Rest.answer(Ok(json!({ "charges": state.services.aws.payments.charges() })))
}

/// A request to the provider.
pub(super) async fn call(
    State(state): State<HttpState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let body = match bytes(payload) {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        Err(error) => return Protocol::Rest.refuse(&error),
    };
    let path = uri.path().strip_prefix(ADDRESS).unwrap_or_default();
    let key = header(&headers, "idempotency-key");
    let (provider, faults) = (&state.services.aws.payments, &state.services.faults);
    let draw = |kind| faults.draw(kind, Part::Payments, method.as_str()).is_some();
    let answers = 1 + usize::from(draw(Kind::Duplicate));
    let hangs = draw(Kind::Delay);
    let mut answer = provider.answer(method.as_str(), path, key, &body);
    for _ in 1..answers {
        answer = provider.answer(method.as_str(), path, key, &body);
    }
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            return Protocol::Rest.refuse(&AwsError::receiver("InternalServiceErrorException", error.to_string()));
        }
    };
    match answer.sent {
        Sent::Yes if !hangs => {
            (status(answer.status), [(CONTENT_TYPE, "application/json")], answer.body).into_response()
        }
        Sent::Lost => cut_off(),
        Sent::Yes | Sent::Hangs => {
            tokio::time::sleep(HANGS).await;
            cut_off()
        }
    }
}
