//! A message, and what a queue remembers about it while it holds it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A message as it was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Message {
    /// The place in the order of sending, among all queues.
    pub(super) sequence: u64,
    pub(super) id: String,
    pub(super) body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, Attribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trace: Option<String>,
    pub(super) sent: Timestamp,
    /// From here its retention counts.
    pub(super) enqueued: Timestamp,
    /// Before this it is delayed.
    pub(super) visible_from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deduplication: Option<String>,
    /// The ARN of the queue from which it came here as a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_source: Option<String>,
    /// How often it had been received before it came here.
    #[serde(default)]
    pub(super) received_before: u64,
}

/// One message attribute, as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    #[serde(default)]
    pub(super) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<String>,
    /// Base64, as the protocol writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<String>,
}

impl Attribute {
    /// The bytes of a binary value.
    pub(super) fn binary(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.binary_value.as_deref()?).ok()
    }
}

/// How many bytes of the limit a message takes.
pub(super) fn size(body: &str, attributes: &BTreeMap<String, Attribute>) -> usize {
    let attributes = attributes.iter().map(|(name, attribute)| {
        let text = attribute.string_value.as_ref().map_or(0, String::len);
        name.len() + attribute.data_type.len() + text + attribute.binary().map_or(0, |bytes| bytes.len())
    });
    body.len() + attributes.sum::<usize>()
}

/// A message in its queue.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) message: Message,
    pub(super) receives: u64,
    pub(super) first_received: Option<Timestamp>,
    pub(super) lease: Option<Lease>,
}

/// What the latest receive got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) number: u64,
    pub(super) began: Timestamp,
    pub(super) until: Timestamp,
}

impl Held {
    pub(super) fn new(message: Message) -> Self {
        Self { receives: message.received_before, message, first_received: None, lease: None }
    }

    /// When it can be received.
    pub(super) fn visible_from(&self) -> Timestamp {
        self.lease.map_or(self.message.visible_from, |lease| lease.until)
    }

    pub(super) fn in_flight(&self, now: Timestamp) -> bool {
        self.lease.is_some_and(|lease| lease.until > now)
    }

    pub(super) fn delayed(&self, now: Timestamp) -> bool {
        self.lease.is_none() && self.message.visible_from > now
    }
}
