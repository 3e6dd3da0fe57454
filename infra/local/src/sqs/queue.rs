//! One queue: its attributes and the messages it holds, and which of them may be received now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    message::{Held, Message},
    redrive::RedrivePolicy,
};

/// What was asked for when the queue was made or changed.
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
    /// In the order of sending.
    pub(super) held: BTreeMap<u64, Held>,
    /// What was sent by which deduplication key.
    pub(super) sent_before: BTreeMap<String, SentBefore>,
    pub(super) purged: Option<Timestamp>,
    /// No message is older than this: as long as it is young enough, nobody looks for old ones.
    oldest: Timestamp,
}

/// A message whose deduplication id is not taken again for five minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SentBefore {
    pub(super) at: Timestamp,
    pub(super) id: String,
    pub(super) sequence: u64,
}

/// For how long a deduplication id is remembered.
const DEDUPLICATION: SignedDuration = SignedDuration::from_mins(5);

impl SentBefore {
    pub(super) fn counts(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < DEDUPLICATION
    }
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.is_on("FifoQueue")
    }

    pub(super) fn is_on(&self, attribute: &str) -> bool {
        self.settings.attributes.get(attribute).is_some_and(|value| value == "true")
    }

    /// The value of a number attribute, or AWS's default.
    pub(super) fn number(&self, attribute: &str) -> u64 {
        let given = self.settings.attributes.get(attribute).and_then(|value| value.parse().ok());
        given.unwrap_or_else(|| super::attributes::default_number(attribute))
    }

    pub(super) fn seconds(&self, attribute: &str) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.number(attribute)).unwrap_or(i64::MAX))
    }

    pub(super) fn redrive_policy(&self) -> Option<RedrivePolicy> {
        RedrivePolicy::read(self.settings.attributes.get("RedrivePolicy")?).ok()
    }

    /// By what a FIFO queue knows a message again.
    pub(super) fn deduplication_key(&self, message: &Message) -> Option<String> {
        let id = message.deduplication.as_deref().filter(|_| self.is_fifo())?;
        let by_group = self.settings.attributes.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup");
        let group = message.group.as_deref().filter(|_| by_group).unwrap_or_default();
        // A space stands in no group and no id.
        Some(format!("{group} {id}"))
    }

    /// Takes a message in.
    pub(super) fn hold(&mut self, message: Message) {
        self.oldest = if self.held.is_empty() { message.enqueued } else { self.oldest.min(message.enqueued) };
        self.held.insert(message.sequence, Held::new(message));
    }

    /// The messages whose retention is over.
    pub(super) fn expired(&mut self, now: Timestamp) -> Vec<u64> {
        let retention = self.seconds("MessageRetentionPeriod");
        let over = |enqueued: Timestamp| now.duration_since(enqueued) >= retention;
        if self.held.is_empty() || !over(self.oldest) {
            return Vec::new();
        }
        let messages = self.held.values().map(|held| &held.message);
        let (old, young): (Vec<&Message>, Vec<&Message>) = messages.partition(|message| over(message.enqueued));
        if old.is_empty() {
            self.oldest = young.iter().map(|message| message.enqueued).min().unwrap_or(now);
        }
        old.iter().map(|message| message.sequence).collect()
    }

    /// Up to so many messages that may be received now, in the order in which they are given out. In a FIFO queue a
    /// group waits as long as one of its messages is in flight or its first one is not yet visible.
    pub(super) fn receivable(&self, now: Timestamp, most: usize) -> Vec<u64> {
        let fifo = self.is_fifo();
        let mut waiting: BTreeSet<&str> = BTreeSet::new();
        if fifo {
            let in_flight = self.held.values().filter(|held| held.in_flight(now));
            waiting.extend(in_flight.filter_map(|held| held.message.group.as_deref()));
        }
        let mut found = Vec::new();
        for (sequence, held) in &self.held {
            if found.len() == most {
                break;
            }
            let group = held.message.group.as_deref().filter(|_| fifo);
            if group.is_some_and(|group| waiting.contains(group)) {
                continue;
            }
            if held.visible_from() <= now {
                found.push(*sequence);
            } else {
                waiting.extend(group);
            }
        }
        found
    }

    /// When the next message becomes visible that is not so now.
    pub(super) fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        self.held.values().map(Held::visible_from).filter(|from| *from > now).min()
    }

    pub(super) fn in_flight(&self, now: Timestamp) -> usize {
        self.held.values().filter(|held| held.in_flight(now)).count()
    }

    pub(super) fn delayed(&self, now: Timestamp) -> usize {
        self.held.values().filter(|held| held.delayed(now)).count()
    }
}
