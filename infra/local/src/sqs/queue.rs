//! One queue: its attributes, its messages, and which of them can be received.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    message::{Message, QueuedMessage},
    redrive_policy::RedrivePolicy,
};

/// The interval in which a FIFO queue drops messages with the same deduplication id.
const DEDUPLICATION_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// The attributes and tags that were set on a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct QueueSettings {
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

/// A queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) settings: QueueSettings,
    /// The messages by sequence number.
    pub(super) messages: BTreeMap<u64, QueuedMessage>,
    /// The sent messages by deduplication key.
    pub(super) deduplication: BTreeMap<String, SentMessage>,
    pub(super) purged: Option<Timestamp>,
    /// No message was enqueued before this time. It saves the search for expired messages.
    oldest: Timestamp,
}

/// A message that was sent with a deduplication id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SentMessage {
    pub(super) at: Timestamp,
    pub(super) id: String,
    pub(super) sequence: u64,
}

impl SentMessage {
    /// Whether the deduplication interval has not ended.
    pub(super) fn deduplicates(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < DEDUPLICATION_INTERVAL
    }
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.is_true("FifoQueue")
    }

    pub(super) fn is_true(&self, attribute: &str) -> bool {
        self.settings.attributes.get(attribute).is_some_and(|value| value == "true")
    }

    /// The value of a number attribute, or its default.
    pub(super) fn number(&self, attribute: &str) -> u64 {
        let value = self.settings.attributes.get(attribute).and_then(|value| value.parse().ok());
        value.unwrap_or_else(|| super::attributes::default_number(attribute))
    }

    pub(super) fn redrive_policy(&self) -> Option<RedrivePolicy> {
        RedrivePolicy::parse(self.settings.attributes.get("RedrivePolicy")?).ok()
    }

    /// The key under which a FIFO queue deduplicates the message.
    pub(super) fn deduplication_key(&self, message: &Message) -> Option<String> {
        let id = message.deduplication.as_deref().filter(|_| self.is_fifo())?;
        let by_group = self.settings.attributes.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup");
        let group = message.group.as_deref().filter(|_| by_group).unwrap_or_default();
        // Neither a group id nor a deduplication id contains a space.
        Some(format!("{group} {id}"))
    }

    pub(super) fn enqueue(&mut self, message: Message) {
        self.oldest = if self.messages.is_empty() { message.enqueued } else { self.oldest.min(message.enqueued) };
        self.messages.insert(message.sequence, QueuedMessage::new(message));
    }

    /// The sequence numbers of the messages whose retention period has ended.
    pub(super) fn expired(&mut self, now: Timestamp) -> Vec<u64> {
        let seconds = i64::try_from(self.number("MessageRetentionPeriod")).unwrap_or(i64::MAX);
        let retention = SignedDuration::from_secs(seconds);
        let is_expired = |enqueued: Timestamp| now.duration_since(enqueued) >= retention;
        if self.messages.is_empty() || !is_expired(self.oldest) {
            return Vec::new();
        }
        let messages = self.messages.values().map(|queued| &queued.message);
        let (expired, kept): (Vec<&Message>, Vec<&Message>) =
            messages.partition(|message| is_expired(message.enqueued));
        if expired.is_empty() {
            self.oldest = kept.iter().map(|message| message.enqueued).min().unwrap_or(now);
        }
        expired.iter().map(|message| message.sequence).collect()
    }

    /// The sequence numbers of up to `max` messages that can be received, in order. In a FIFO queue a message group is
    /// blocked while one of its messages is in flight or its first message is not visible yet.
    pub(super) fn receivable(&self, now: Timestamp, max: usize) -> Vec<u64> {
        let fifo = self.is_fifo();
        let mut blocked: BTreeSet<&str> = BTreeSet::new();
        if fifo {
            let in_flight = self.messages.values().filter(|queued| queued.is_in_flight(now));
            blocked.extend(in_flight.filter_map(|queued| queued.message.group.as_deref()));
        }
        let mut receivable = Vec::new();
        for (sequence, queued) in &self.messages {
            if receivable.len() == max {
                break;
            }
            let group = queued.message.group.as_deref().filter(|_| fifo);
            if group.is_some_and(|group| blocked.contains(group)) {
                continue;
            }
            if queued.visible_from() <= now {
                receivable.push(*sequence);
            } else {
                blocked.extend(group);
            }
        }
        receivable
    }

    /// The time at which the next message becomes visible.
    pub(super) fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        self.messages.values().map(QueuedMessage::visible_from).filter(|from| *from > now).min()
    }

    pub(super) fn in_flight_count(&self, now: Timestamp) -> usize {
        self.messages.values().filter(|queued| queued.is_in_flight(now)).count()
    }

    pub(super) fn delayed_count(&self, now: Timestamp) -> usize {
        self.messages.values().filter(|queued| queued.is_delayed(now)).count()
    }
}
