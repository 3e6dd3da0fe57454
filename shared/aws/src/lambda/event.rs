//! Reading an event of the bus, and the tick of a schedule as if somebody had said the function's own message.

use causeway::{Delivery, MessageId, delivery::bus::source_of};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

/// Who says the message of a tick.
pub const SCHEDULE: &str = "schedule";

/// A payload that is no event of a bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event of a bus: {reason}")]
pub struct NotAnEvent {
    /// Which rule it breaks, and where.
    pub reason: String,
}

/// Reads a payload for a function whose message has this name.
pub fn read(payload: &str, message: &str) -> Result<Delivery, NotAnEvent> {
    let delivery: Delivery = serde_json::from_str(payload).map_err(|error| NotAnEvent { reason: error.to_string() })?;
    if delivery.source == "aws.events" && delivery.detail_type == "Scheduled Event" {
        return tick(delivery, message);
    }
    Ok(delivery)
}

/// A tick has the id of its minute: a schedule may tick twice, under two ids of its own.
fn tick(delivery: Delivery, message: &str) -> Result<Delivery, NotAnEvent> {
    let unreadable = |reason: String| NotAnEvent { reason };
    let name = MessageId::new(message).map_err(|error| unreadable(error.to_string()))?;
    let event_id = name.derived(&delivery.time.to_string());
    let detail = to_raw_value(&serde_json::json!({ "eventId": event_id, "data": {} }));
    let detail = detail.map_err(|error| unreadable(error.to_string()))?;
    Ok(Delivery { source: source_of(SCHEDULE), detail_type: message.to_owned(), detail, ..delivery })
}

/// Where a message comes from, for a log: what can be read of the envelope, and no complaint about the rest.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trail {
    event_id: Option<String>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    /// The fact's place in its stream.
    pub version: Option<u64>,
    /// When it happened.
    pub timestamp: Option<Timestamp>,
    metadata: TrailMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TrailMetadata {
    correlation_id: Option<String>,
    causation_id: Option<String>,
    traceparent: Option<String>,
}

impl Trail {
    /// What can be read of a detail.
    pub fn of(detail: &RawValue) -> Self {
        serde_json::from_str(detail.get()).unwrap_or_default()
    }

    /// The message's id, or the bus's own.
    pub fn id<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.event_id.as_deref().unwrap_or(&delivery.id)
    }

    /// The stream: `order/o-1001`.
    pub fn stream(&self) -> String {
        match (&self.aggregate_type, &self.aggregate_id) {
            (Some(context), Some(id)) => format!("{context}/{id}"),
            _ => String::new(),
        }
    }

    /// The correlation id; a message that begins a chain is its own.
    pub fn correlation_id<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.metadata.correlation_id.as_deref().unwrap_or_else(|| self.id(delivery))
    }

    /// The causation id; a message that begins a chain is its own.
    pub fn causation_id<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.metadata.causation_id.as_deref().unwrap_or_else(|| self.id(delivery))
    }

    /// The step of a trace that said it (W3C).
    pub fn traceparent(&self) -> Option<&str> {
        self.metadata.traceparent.as_deref()
    }
}
