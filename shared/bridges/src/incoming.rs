//! Reads a message of a broker as an entry for the bus. It is checked as strictly as a delivery; the error names the field
//! and the rule. Which body belongs to a name is checked by the function that handles it.

use causeway::{
    MessageId, StreamId,
    delivery::bus::Entry,
    message::{Envelope, MAX_HOPS, MAX_MESSAGE_BYTES, Metadata, json},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::broker::{EVENT_ID, ORIGIN, Poison, Taken};

/// The longest name of a message that the bus accepts.
const MAX_NAME: usize = 128;

/// The source of everything that a bridge publishes begins with this.
pub const BRIDGE_SOURCE: &str = "bridge.";

/// What becomes of a message.
#[derive(Debug)]
pub enum Incoming {
    /// It is published.
    Publish(Box<Entry>),
    /// It was sent from this bus, and is dropped.
    OwnEvent,
}

/// The body of a message: the envelope, with some fields optional.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    event_id: Option<MessageId>,
    event_type: String,
    event_version: u32,
    aggregate_type: MessageId,
    aggregate_id: MessageId,
    version: Option<u64>,
    timestamp: Option<Timestamp>,
    data: Box<RawValue>,
    #[serde(default)]
    metadata: BodyMetadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BodyMetadata {
    correlation_id: Option<MessageId>,
    causation_id: Option<MessageId>,
    user_id: Option<String>,
    traceparent: Option<String>,
    hops: u32,
}

/// Reads a message taken from a broker of this kind, for the bus with the ARN `origin`.
pub fn read(kind: &str, origin: &str, taken: &Taken, now: Timestamp) -> Result<Incoming, Poison> {
    if taken.headers.get(ORIGIN).is_some_and(|from| from == origin) {
        return Ok(Incoming::OwnEvent);
    }
    let too_large = |bytes: usize, most: usize| {
        Err(Poison::new("TOO_LARGE", &format!("{bytes} bytes; at most {most} are allowed")))
    };
    if taken.body.len() > 2 * MAX_MESSAGE_BYTES {
        return too_large(taken.body.len(), 2 * MAX_MESSAGE_BYTES);
    }
    let text = std::str::from_utf8(&taken.body)
        .map_err(|error| Poison::new("MALFORMED", &format!("the body is not UTF-8: {error}")))?;
    json::check(text).map_err(|error| Poison::new("MALFORMED", &error.to_string()))?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(field(".", "must be an object"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let body: Body = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| field(&error.path().to_string(), &error.inner().to_string()))?;
    if body.data.get().len() > MAX_MESSAGE_BYTES {
        return too_large(body.data.get().len(), MAX_MESSAGE_BYTES);
    }
    let valid_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if body.event_type.is_empty() || body.event_type.len() > MAX_NAME || !valid_name(&body.event_type) {
        return Err(field("eventType", "must be 1 to 128 characters of A-Z a-z 0-9 . _ -"));
    }
    if body.event_version == 0 {
        return Err(field("eventVersion", "must be 1 or higher"));
    }
    // One more, so that a ring of bridges ends even if it drops the header with the origin.
    let hops = body.metadata.hops.saturating_add(1);
    if hops > MAX_HOPS {
        return Err(Poison::new("LOOP", &format!("field metadata.hops: {hops} is more than {MAX_HOPS}")));
    }
    let event_id = event_id(body.event_id, kind, taken)?;
    let metadata = Metadata {
        correlation_id: body.metadata.correlation_id.unwrap_or_else(|| event_id.clone()),
        causation_id: body.metadata.causation_id.unwrap_or_else(|| event_id.clone()),
        user_id: body.metadata.user_id,
        traceparent: body.metadata.traceparent,
        hops,
    };
    let envelope = Envelope {
        event_id,
        event_type: body.event_type,
        event_version: body.event_version,
        aggregate_type: body.aggregate_type.to_string(),
        aggregate_id: body.aggregate_id.to_string(),
        version: body.version,
        timestamp: body.timestamp.unwrap_or(now),
        data: body.data,
        metadata,
    };
    Ok(Incoming::Publish(Box::new(Entry { source: format!("{BRIDGE_SOURCE}{kind}"), envelope })))
}

/// The stream by which the order of entries is kept.
pub fn stream_of(entry: &Entry) -> Option<StreamId> {
    StreamId::parse(&format!("{}/{}", entry.envelope.aggregate_type, entry.envelope.aggregate_id)).ok()
}

/// The id of the message, of its header, or one that follows from where it is stored: the same for each delivery.
fn event_id(given: Option<MessageId>, kind: &str, taken: &Taken) -> Result<MessageId, Poison> {
    if let Some(id) = given {
        return Ok(id);
    }
    if let Some(header) = taken.headers.get(EVENT_ID) {
        return MessageId::new(header.as_str()).map_err(|error| field("eventId", &error.to_string()));
    }
    let base = MessageId::new(kind).ok().filter(|_| taken.lasting_position);
    base.map(|base| base.derived(&taken.position)).ok_or_else(|| {
        field(
            "eventId",
            "must be in the body or in the header event-id: without it a second delivery is not recognised",
        )
    })
}

fn field(field: &str, rule: &str) -> Poison {
    Poison::new("MALFORMED", &format!("envelope, field {field}: {rule}"))
}

#[cfg(test)]
mod tests;
