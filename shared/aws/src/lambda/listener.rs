//! One message on its way into a handler: read, traced, handled, counted, and said in one line of the log.

use std::marker::PhantomData;

use causeway::{
    App, Delivery, Failure, Handled, Message, Outcome,
    delivery::{
        dead_letter::DeadLetter,
        handle::{Handler, handle},
        input::HandlerInput,
    },
    failure::causes,
};
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use tracing::{Instrument, error, info, info_span, warn};

use super::{
    Invocation,
    event::{NotAnEvent, Trail, read},
};
use crate::telemetry::{
    self,
    traces::{self, traced},
};

/// A handler with its name and its app.
pub struct Listener<A, H> {
    function: String,
    app: App,
    handler: H,
    arrival: PhantomData<fn(A)>,
}

impl<A: HandlerInput, H: Handler<A>> Listener<A, H> {
    /// The handler under the function's name.
    pub fn new(function: &str, app: App, handler: H) -> Self {
        Self { function: function.to_owned(), app, handler, arrival: PhantomData }
    }

    /// Hears one payload. What can never work is in the dead letters when this returns.
    pub async fn hear(&self, invocation: Invocation<'_>) -> Outcome {
        let delivery = match read(invocation.payload, A::Message::NAME) {
            Ok(delivery) => delivery,
            Err(error) => {
                let outcome = self.bury(invocation.payload, &error).await;
                self.tell(&outcome, None);
                return outcome;
            }
        };
        let trail = Trail::of(&delivery.detail);
        let span = info_span!(
            "message",
            event = delivery.detail_type,
            id = trail.id(&delivery),
            stream = trail.stream(),
            correlation_id = trail.correlation_id(&delivery),
            causation_id = trail.causation_id(&delivery),
            attempt = invocation.attempt,
            request_id = invocation.request_id,
        );
        traces::follow(&span, trail.traceparent(), trail.version);
        self.handle(&delivery, trail.timestamp.unwrap_or(delivery.time)).instrument(span).await
    }

    async fn handle(&self, delivery: &Delivery, happened: Timestamp) -> Outcome {
        let outcome = handle(&self.app, &self.function, delivery, &traced(&self.handler)).await;
        self.tell(&outcome, Some(happened));
        outcome
    }

    fn tell(&self, outcome: &Outcome, happened: Option<Timestamp>) {
        traces::answered(outcome);
        telemetry::heard(outcome, happened.map(|happened| self.app.clock().now().duration_since(happened)));
        match outcome {
            Ok(Handled::Done) => info!("handled"),
            Ok(Handled::Duplicate) => info!("handled before"),
            Ok(Handled::Rejected) => info!("rejected by a rule"),
            Ok(Handled::DeadLettered) => error!("kept with the dead letters"),
            Err(failure) => warn!(reason = causes(failure.reason()), "to be tried again"),
        }
    }

    async fn bury(&self, payload: &str, error: &NotAnEvent) -> Outcome {
        let letter = DeadLetter {
            reason: "MALFORMED".to_owned(),
            explanation: error.to_string(),
            consumer: self.function.clone(),
            at: self.app.clock().now(),
            message: as_json(payload).map_err(Failure::transient)?,
        };
        self.app.dead_letters().keep(&letter).await?;
        Ok(Handled::DeadLettered)
    }
}

/// JSON as it is, any other text as a JSON text.
pub(crate) fn as_json(payload: &str) -> Result<Box<RawValue>, serde_json::Error> {
    match RawValue::from_string(payload.to_owned()) {
        Ok(json) => Ok(json),
        Err(_) => to_raw_value(payload),
    }
}
