//! The one path of a message into a handler: decode the payload, call the handler in a span, report the outcome.
//! The Lambda loop and the in-process executor of the command line both use it.

use causeway::{
    App, Delivery, Failure, Handled, Message, Outcome, Route,
    delivery::{
        dead_letter::DeadLetter,
        handle::{Handler, handle},
        input::HandlerInput,
    },
    failure::causes,
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use tracing::{Instrument, error, info, info_span, warn};

use super::{
    Invocation,
    event::{InvalidEvent, MessageContext, decode},
};
use crate::telemetry::{
    self,
    traces::{self, traced},
};

type HandleFn = dyn Fn(App, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync;

/// The handler of one message type, with the app that it runs on.
pub struct MessageHandler {
    function: String,
    message: &'static str,
    app: App,
    handle: Box<HandleFn>,
}

impl MessageHandler {
    /// A handler under a function's name. The name is its consumer name in the inbox and in dead letters.
    pub fn new<A: HandlerInput>(function: &str, app: App, handler: impl Handler<A>) -> Self {
        let (consumer, handler) = (function.to_owned(), traced(&handler));
        let call = move |app: App, delivery: Delivery| -> BoxFuture<'static, Outcome> {
            let (consumer, handler) = (consumer.clone(), handler.clone());
            Box::pin(async move { handle(&app, &consumer, &delivery, &handler).await })
        };
        Self { function: function.to_owned(), message: A::Message::NAME, app, handle: Box::new(call) }
    }

    /// The handler of a route, under the route's function name.
    pub fn of_route(route: Route, app: App) -> Self {
        let (function, message) = (route.function(), route.message);
        let call = move |app: App, delivery: Delivery| -> BoxFuture<'static, Outcome> {
            let route = route.clone();
            Box::pin(async move { route.handle(&app, &delivery).await })
        };
        Self { function, message, app, handle: Box::new(call) }
    }

    /// Handles one payload. A message that can never be handled is dead-lettered before this returns.
    pub async fn handle(&self, invocation: Invocation<'_>) -> Outcome {
        let delivery = match decode(invocation.payload, self.message) {
            Ok(delivery) => delivery,
            Err(error) => {
                let outcome = self.dead_letter(invocation.payload, &error).await;
                self.report(&outcome, None);
                return outcome;
            }
        };
        let context = MessageContext::of(&delivery.detail);
        let span = info_span!(
            "message",
            event = delivery.detail_type,
            id = context.id(&delivery),
            stream = context.stream(),
            correlation_id = context.correlation_id(&delivery),
            causation_id = context.causation_id(&delivery),
            attempt = invocation.attempt,
            request_id = invocation.request_id,
        );
        traces::continue_trace(&span, context.traceparent(), context.version);
        let occurred = context.timestamp.unwrap_or(delivery.time);
        async {
            let outcome = (self.handle)(self.app.clone(), delivery).await;
            self.report(&outcome, Some(occurred));
            outcome
        }
        .instrument(span)
        .await
    }

    /// Counts the outcome and writes one log line.
    fn report(&self, outcome: &Outcome, occurred: Option<Timestamp>) {
        traces::record_outcome(outcome);
        let age = occurred.map(|occurred| self.app.clock().now().duration_since(occurred));
        telemetry::record_handled(outcome, age);
        match outcome {
            Ok(Handled::Done) => info!("handled"),
            Ok(Handled::Duplicate) => info!("duplicate, handled before"),
            Ok(Handled::Rejected) => info!("rejected"),
            Ok(Handled::DeadLettered) => error!("dead-lettered"),
            Err(failure) => warn!(reason = causes(failure.reason()), "failed, will be retried"),
        }
    }

    async fn dead_letter(&self, payload: &str, error: &InvalidEvent) -> Outcome {
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

/// JSON as it is; any other text as a JSON string.
fn as_json(payload: &str) -> Result<Box<RawValue>, serde_json::Error> {
    match RawValue::from_string(payload.to_owned()) {
        Ok(json) => Ok(json),
        Err(_) => to_raw_value(payload),
    }
}
