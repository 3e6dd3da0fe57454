//! Decodes EventBridge events. The event of a scheduled rule becomes the function's own message.

use causeway::{Delivery, MessageId, delivery::bus::source_of};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

/// The context in whose name the message of a scheduled rule is published.
pub const SCHEDULE: &str = "schedule";

/// A payload that is not an EventBridge event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an EventBridge event: {reason}")]
pub struct InvalidEvent {
    /// What is wrong with it, with the position in the JSON text.
    pub reason: String,
}

/// Decodes a payload for a function that handles the message of this name.
pub fn decode(payload: &str, message: &str) -> Result<Delivery, InvalidEvent> {
    let delivery: Delivery =
        serde_json::from_str(payload).map_err(|error| InvalidEvent { reason: error.to_string() })?;
    if delivery.source == "aws.events" && delivery.detail_type == "Scheduled Event" {
        return scheduled(delivery, message);
    }
    Ok(delivery)
}

/// The message id comes from the scheduled minute: a rule may fire twice for it, with two event ids.
fn scheduled(delivery: Delivery, message: &str) -> Result<Delivery, InvalidEvent> {
    let invalid = |reason: String| InvalidEvent { reason };
    let name = MessageId::new(message).map_err(|error| invalid(error.to_string()))?;
    let event_id = name.derived(&delivery.time.to_string());
    let detail = to_raw_value(&serde_json::json!({ "eventId": event_id, "data": {} }));
    let detail = detail.map_err(|error| invalid(error.to_string()))?;
    Ok(Delivery { source: source_of(SCHEDULE), detail_type: message.to_owned(), detail, ..delivery })
}

/// The envelope fields that logs and traces name. Fields that cannot be read are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageContext {
    event_id: Option<String>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    /// The event's version in its stream.
    pub version: Option<u64>,
    /// When the event occurred.
    pub timestamp: Option<Timestamp>,
    metadata: TraceMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TraceMetadata {
    correlation_id: Option<String>,
    causation_id: Option<String>,
    traceparent: Option<String>,
}

impl MessageContext {
    /// Reads the context from an event's `detail`.
    pub fn of(detail: &RawValue) -> Self {
        serde_json::from_str(detail.get()).unwrap_or_default()
    }

    /// The message id, or the EventBridge event id if the envelope has none.
    pub fn id<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.event_id.as_deref().unwrap_or(&delivery.id)
    }

    /// The stream as `<context>/<id>`, such as `order/o-1001`; empty if the message belongs to none.
    pub fn stream(&self) -> String {
        match (&self.aggregate_type, &self.aggregate_id) {
            (Some(context), Some(id)) => format!("{context}/{id}"),
            _ => String::new(),
        }
    }

    /// The correlation id; the message's own id if it starts the chain.
    pub fn correlation_id<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.metadata.correlation_id.as_deref().unwrap_or_else(|| self.id(delivery))
    }

    /// The causation id; the message's own id if it starts the chain.
    pub fn causation_id<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.metadata.causation_id.as_deref().unwrap_or_else(|| self.id(delivery))
    }

    /// The W3C `traceparent` of the span that published the message.
    pub fn traceparent(&self) -> Option<&str> {
        self.metadata.traceparent.as_deref()
    }
}
