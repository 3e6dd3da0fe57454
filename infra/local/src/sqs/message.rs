//! A message, its state in the queue that holds it, and the receipt handle of a receive.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error;
use crate::aws_error::AwsError;

/// A message as it was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Message {
    /// The sequence number, unique among all queues and growing with each message.
    pub(super) sequence: u64,
    pub(super) id: String,
    pub(super) body: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trace: Option<String>,
    pub(super) sent: Timestamp,
    /// The time from which the retention period counts.
    pub(super) enqueued: Timestamp,
    /// The end of the delay.
    pub(super) visible_from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deduplication: Option<String>,
    /// The ARN of the queue from which the message was dead-lettered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_source: Option<String>,
    /// The number of receives in the queue from which the message was dead-lettered.
    #[serde(default)]
    pub(super) received_before: u64,
}

/// A message attribute, with the API's field names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageAttribute {
    #[serde(default)]
    pub(super) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<String>,
    /// The value in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<String>,
}

impl MessageAttribute {
    /// The decoded binary value.
    pub(super) fn binary(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.binary_value.as_deref()?).ok()
    }
}

/// The number of bytes that count towards `MaximumMessageSize`.
pub(super) fn message_size(body: &str, attributes: &BTreeMap<String, MessageAttribute>) -> usize {
    let attributes = attributes.iter().map(|(name, attribute)| {
        let text = attribute.string_value.as_ref().map_or(0, String::len);
        name.len() + attribute.data_type.len() + text + attribute.binary().map_or(0, |bytes| bytes.len())
    });
    body.len() + attributes.sum::<usize>()
}

/// A message in a queue, with its receives. Receives are not stored: after a restart the message is visible again.
#[derive(Clone, Debug)]
pub(super) struct QueuedMessage {
    pub(super) message: Message,
    pub(super) receive_count: u64,
    pub(super) first_received: Option<Timestamp>,
    pub(super) lease: Option<Lease>,
}

/// The visibility timeout that began with the latest receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// A random number that ties the receipt handle to this receive.
    pub(super) id: u64,
    pub(super) received: Timestamp,
    pub(super) expires: Timestamp,
}

impl QueuedMessage {
    pub(super) fn new(message: Message) -> Self {
        Self { receive_count: message.received_before, message, first_received: None, lease: None }
    }

    /// The time from which the message can be received.
    pub(super) fn visible_from(&self) -> Timestamp {
        self.lease.map_or(self.message.visible_from, |lease| lease.expires)
    }

    pub(super) fn is_in_flight(&self, now: Timestamp) -> bool {
        self.lease.is_some_and(|lease| lease.expires > now)
    }

    pub(super) fn is_delayed(&self, now: Timestamp) -> bool {
        self.lease.is_none() && self.message.visible_from > now
    }

    /// Whether the handle is of the latest receive. After a restart the handles from before it are still good.
    pub(super) fn is_latest_receive(&self, handle: &ReceiptHandle) -> bool {
        self.lease.is_none_or(|lease| lease.id == handle.lease)
    }
}

/// The content of a receipt handle: a message and a receive of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReceiptHandle {
    pub(super) sequence: u64,
    pub(super) lease: u64,
}

impl ReceiptHandle {
    pub(super) fn encode(&self, queue: &str) -> String {
        STANDARD.encode(format!("{} {} {queue}", self.sequence, self.lease))
    }

    /// Decodes a receipt handle of this queue.
    pub(super) fn decode(handle: Option<&str>, queue: &str) -> Result<Self, AwsError> {
        let handle = handle.filter(|handle| !handle.is_empty()).ok_or_else(|| error::missing("ReceiptHandle"))?;
        let decoded = STANDARD.decode(handle).ok().and_then(|bytes| {
            let text = String::from_utf8(bytes).ok()?;
            let (sequence, rest) = text.split_once(' ')?;
            let (lease, handle_queue) = rest.split_once(' ')?;
            if handle_queue != queue {
                return None;
            }
            Some(Self { sequence: sequence.parse().ok()?, lease: lease.parse().ok()? })
        });
        decoded.ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            AwsError::sender("ReceiptHandleIsInvalid", message)
        })
    }
}
