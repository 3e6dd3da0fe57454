//! A message, its state in the queue that holds it, its MD5 checksums, which SDKs verify, and the receipt handle of a
//! receive.

use std::{collections::BTreeMap, fmt::Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

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

pub(super) fn body_md5(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// The MD5 of message attributes in the order of their names. Each part is preceded by its length.
pub(super) fn attributes_md5(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        update_part(&mut digest, name.as_bytes());
        update_part(&mut digest, attribute.data_type.as_bytes());
        match (&attribute.string_value, attribute.binary()) {
            (Some(text), _) => {
                digest.update([1]);
                update_part(&mut digest, text.as_bytes());
            }
            (None, bytes) => {
                digest.update([2]);
                update_part(&mut digest, &bytes.unwrap_or_default());
            }
        }
    }
    Some(hex(&digest.finalize()))
}

/// The content-based deduplication id: the SHA-256 of the body.
pub(super) fn content_deduplication_id(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes()))
}

fn update_part(digest: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    digest.update(length.to_be_bytes());
    digest.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
