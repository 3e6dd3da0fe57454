//! [`KeyState`]: what is stored of one key: its clock, waiting events, remembered ids, partial matches, and matches until
//! they are confirmed. [`Match`] is a pattern that was found, with its events.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{partials::Partials, scalar::Stored};
use crate::{
    message::MessageId,
    stream::{recent::RecentIds, stored_id::StoredId},
};

/// Which state an event concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateKey {
    /// The patterns that share the state: their [`KeySpec`](super::KeySpec) as JSON.
    pub group: Arc<str>,
    /// The key.
    pub key: String,
}

/// The state of one key. Bounded by [`PatternLimits`](super::PatternLimits), and serialisable between any two calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyState {
    pub(super) key: StateKey,
    /// The newest time, in microseconds.
    pub(super) clock: Option<i64>,
    pub(super) ids: RecentIds,
    /// Sorted by time and id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) waiting: Vec<WaitingEvent>,
    pub(super) partials: Partials,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) matches: Vec<Match>,
    #[serde(default)]
    pub(super) dropped: u64,
    /// No wait of an absence ends before this time; `None` if that is not known.
    #[serde(skip)]
    pub(super) no_wait_before: Option<i64>,
}

/// An event that the watermark has not reached, with the fields that conditions name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WaitingEvent {
    pub(super) at: i64,
    pub(super) id: StoredId,
    pub(super) name: String,
    pub(super) fields: Vec<(Arc<str>, Stored)>,
}

/// A pattern that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Made from the pattern's name and the ids of the events: a consumer's idempotency key.
    pub id: MessageId,
    /// The name of the pattern.
    pub pattern: String,
    /// The key.
    pub key: String,
    /// The time of the first event.
    pub start: Timestamp,
    /// The time of the last event; of an absence, the end of the wait.
    pub end: Timestamp,
    /// The ids of its events: of a sequence in the order of the steps.
    pub events: Vec<MessageId>,
}

impl Match {
    /// The id of a match of this pattern with these events.
    pub fn id_of(pattern: &str, events: &[MessageId]) -> MessageId {
        let length = pattern.len() + events.iter().map(|event| 1 + event.as_str().len()).sum::<usize>();
        let mut name = String::with_capacity(length);
        name.push_str(pattern);
        for event in events {
            name.push('/');
            name.push_str(event.as_str());
        }
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).into()
    }
}

impl KeyState {
    /// The state of a key without events.
    pub fn new(key: StateKey) -> Self {
        Self {
            key,
            clock: None,
            ids: RecentIds::default(),
            waiting: Vec::new(),
            partials: Partials::default(),
            matches: Vec::new(),
            dropped: 0,
            no_wait_before: None,
        }
    }

    /// The key.
    pub fn key(&self) -> &StateKey {
        &self.key
    }

    /// The matches that are not confirmed, in the order in which they were found.
    pub fn matches(&self) -> &[Match] {
        &self.matches
    }

    /// Removes the matches that were published.
    pub fn confirm(&mut self, published: &[MessageId]) {
        self.matches.retain(|found| !published.contains(&found.id));
    }

    /// Removes and returns all matches: for a caller that cannot lose an answer, such as one in memory.
    pub fn take_matches(&mut self) -> Vec<Match> {
        std::mem::take(&mut self.matches)
    }

    /// How many partial matches were dropped for want of room since the state exists.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The number of events that wait for the watermark.
    pub fn waiting_events(&self) -> usize {
        self.waiting.len()
    }

    /// The number of ids that are held.
    pub fn remembered_ids(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing has begun: no partial match, nothing that counts towards a repeat, no waiting event, no match. An
    /// event after which the state is idle need not be stored, if copies of it do not matter.
    pub fn is_idle(&self) -> bool {
        let Partials { list, found, .. } = &self.partials;
        list.is_empty() && found.is_empty() && self.waiting.is_empty() && self.matches.is_empty()
    }

    /// The number of partial matches of the pattern that has most.
    pub fn partial_matches(&self) -> usize {
        let patterns = self.partials.list.chunk_by(|partial, next| partial.pattern == next.pattern);
        patterns.map(<[_]>::len).max().unwrap_or(0)
    }
}
