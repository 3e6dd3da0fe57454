//! [`KeyState`]: what is stored of one key: its clock, waiting events, remembered ids, partial matches, and matches until
//! they are confirmed. [`Match`] is a pattern that was found, with its events.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::scalar::Stored;
use crate::{
    message::{InvalidId, MessageId},
    stream::recent::RecentIds,
};

/// Which state an event concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateKey {
    /// The patterns that share the state: their [`KeySpec`](super::KeySpec) as JSON.
    pub group: String,
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
    /// Sorted by digest. Empty ones keep their memory, and are not stored.
    #[serde(default, serialize_with = "without_empty", skip_serializing_if = "Vec::is_empty")]
    pub(super) runs: Vec<Run>,
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
    pub(super) id: MessageId,
    pub(super) name: String,
    pub(super) fields: Vec<(String, Stored)>,
}

/// The partial matches of a pattern.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Run {
    /// The digest of the specification.
    pub(super) pattern: u64,
    /// Sorted by start.
    pub(super) partials: Vec<Partial>,
    /// Matches that count towards a repeat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) found: Vec<Found>,
}

/// The events so far of a sequence, an event of a count, or the event that began an absence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Partial {
    pub(super) start: i64,
    pub(super) first: EventId,
    /// What only some partial matches have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rest: Option<Box<Rest>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Rest {
    /// The events after the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<EventId>,
    /// The fields that conditions of later steps name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) captured: Vec<Option<Stored>>,
}

/// The id of an event, shared by the partial matches of all patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventId(Arc<str>);

impl EventId {
    pub(super) fn new(id: &MessageId) -> Self {
        Self(id.as_str().into())
    }
}

impl TryFrom<&EventId> for MessageId {
    type Error = InvalidId;

    fn try_from(id: &EventId) -> Result<Self, InvalidId> {
        Self::new(&*id.0)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        MessageId::deserialize(deserializer).map(|id| Self::new(&id))
    }
}

/// A pattern that was found, before its repeats are counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) events: Vec<EventId>,
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
        let mut name = pattern.to_owned();
        for event in events {
            name.push('/');
            name.push_str(event.as_str());
        }
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).into()
    }
}

impl Run {
    pub(super) fn is_empty(&self) -> bool {
        self.partials.is_empty() && self.found.is_empty()
    }
}

fn without_empty<S: Serializer>(runs: &[Run], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(runs.iter().filter(|run| !run.is_empty()))
}

impl KeyState {
    /// The state of a key without events.
    pub fn new(key: StateKey) -> Self {
        Self {
            key,
            clock: None,
            ids: RecentIds::default(),
            waiting: Vec::new(),
            runs: Vec::new(),
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
        let runs = self.runs.iter().all(|run| run.partials.is_empty() && run.found.is_empty());
        runs && self.waiting.is_empty() && self.matches.is_empty()
    }

    /// The number of partial matches of the pattern that has most.
    pub fn partial_matches(&self) -> usize {
        self.runs.iter().map(|run| run.partials.len()).max().unwrap_or(0)
    }
}
