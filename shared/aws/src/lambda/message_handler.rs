//! The one path of a message into a handler: decode the EventBridge event, call the handler in a span, report the outcome.
//! The Lambda loop and the in-process executor of the command line both use it.

use causeway::{
    App, Delivery, Failure, Handled, Message, MessageId, Outcome, Route,
    delivery::{bus::source_of, dead_letter::DeadLetter, input::HandlerInput, system_event::report_dead_letter},
    failure::causes,
    routing::{Handler, handle_with},
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use tracing::{Instrument, error, info, info_span, warn};

use super::Invocation;
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
            Box::pin(async move { handle_with(&app, &consumer, &delivery, &handler).await })
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
        let context: MessageContext = serde_json::from_str(delivery.detail.get()).unwrap_or_default();
        let (metadata, stream) = (context.metadata, context.aggregate_type.zip(context.aggregate_id));
        // An envelope without these ids starts a chain under its EventBridge event id.
        let id = context.event_id.as_deref().unwrap_or(&delivery.id);
        let span = info_span!(
            "message",
            event = delivery.detail_type,
            id,
            stream = stream.map(|(context, id)| format!("{context}/{id}")).unwrap_or_default(),
            correlation_id = metadata.correlation_id.as_deref().unwrap_or(id),
            causation_id = metadata.causation_id.as_deref().unwrap_or(id),
            attempt = invocation.attempt,
            request_id = invocation.request_id,
        );
        traces::continue_trace(&span, metadata.traceparent.as_deref(), context.version);
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

    async fn dead_letter(&self, payload: &str, error: &str) -> Outcome {
        // JSON as it is; any other text as a JSON string.
        let message = RawValue::from_string(payload.to_owned()).or_else(|_| to_raw_value(payload));
        let letter = DeadLetter {
            reason: "MALFORMED".to_owned(),
            explanation: format!("not an EventBridge event: {error}"),
            consumer: self.function.clone(),
            at: self.app.clock().now(),
            message: message.map_err(Failure::transient)?,
        };
        self.app.dead_letters().keep(&letter).await?;
        report_dead_letter(self.app.ports(), &letter).await;
        Ok(Handled::DeadLettered)
    }
}

/// Decodes a payload for a function that handles the message of this name.
fn decode(payload: &str, message: &str) -> Result<Delivery, String> {
    let delivery: Delivery = serde_json::from_str(payload).map_err(|error| error.to_string())?;
    if delivery.source == "aws.events" && delivery.detail_type == "Scheduled Event" {
        return scheduled(delivery, message);
    }
    Ok(delivery)
}

/// The message id comes from the scheduled minute: a rule may fire twice for it, with two event ids.
fn scheduled(delivery: Delivery, message: &str) -> Result<Delivery, String> {
    let name = MessageId::new(message).map_err(|error| error.to_string())?;
    let event_id = name.derived(&delivery.time.to_string());
    let detail = to_raw_value(&serde_json::json!({ "eventId": event_id, "data": {} }));
    let detail = detail.map_err(|error| error.to_string())?;
    Ok(Delivery { source: source_of("schedule"), detail_type: message.to_owned(), detail, ..delivery })
}

/// The envelope fields that logs and traces name. Fields that cannot be read are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MessageContext {
    event_id: Option<String>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    /// The event's version in its stream.
    version: Option<u64>,
    /// When the event occurred.
    timestamp: Option<Timestamp>,
    metadata: TraceMetadata,
}

/// The metadata fields that logs and traces name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TraceMetadata {
    correlation_id: Option<String>,
    causation_id: Option<String>,
    /// The W3C `traceparent` of the span that published the message.
    traceparent: Option<String>,
}
