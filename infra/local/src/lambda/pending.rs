//! What the queue of the asynchronous invokes remembers: an event with its tries, as its write-ahead log keeps it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::FunctionError;

/// An event that a function has not done yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// The id of the invoke, the same for every try.
    pub(super) request_id: String,
    /// The function's ARN.
    pub(super) function: String,
    /// The event.
    pub(super) event: String,
    /// When it was handed over.
    pub(super) taken: Timestamp,
    /// So often it was tried.
    pub(super) tries: u32,
    /// When it is tried next.
    pub(super) due: Timestamp,
    /// Why the last try failed.
    pub(super) failure: Option<Failed>,
}

/// A failure as the write-ahead log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failed {
    kind: String,
    message: String,
    trace: Vec<String>,
}

impl From<FunctionError> for Failed {
    fn from(FunctionError { kind, message, trace }: FunctionError) -> Self {
        Self { kind, message, trace }
    }
}

impl From<Failed> for FunctionError {
    fn from(Failed { kind, message, trace }: Failed) -> Self {
        Self { kind, message, trace }
    }
}

/// A line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Entry {
    /// An event was handed over.
    Taken(Pending),
    /// It was tried and comes again.
    Failed { request_id: String, tries: u32, due: Timestamp, failure: Failed },
    /// It is done, or given up and told.
    Done { request_id: String },
}

impl Pending {
    /// After this it is not tried any more.
    pub(super) fn expires(&self, maximum_age_seconds: u32) -> Timestamp {
        let age = SignedDuration::from_secs(maximum_age_seconds.into());
        self.taken.checked_add(age).unwrap_or(Timestamp::MAX)
    }

    /// The id that a bus gave the event, if it came from one.
    pub(super) fn event_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct OfBus {
            id: Option<String>,
        }
        serde_json::from_str::<OfBus>(&self.event).ok()?.id
    }

    /// When it is tried again after a failure now: a minute after the first, two after the second.
    pub(super) fn next_try(&self, now: Timestamp) -> Timestamp {
        let minutes = i64::from(self.tries.clamp(1, 2));
        now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
    }
}

/// What is left of a write-ahead log.
pub(super) fn left(entries: Vec<Entry>) -> BTreeMap<String, Pending> {
    let mut left = BTreeMap::new();
    for entry in entries {
        match entry {
            Entry::Taken(pending) => {
                left.insert(pending.request_id.clone(), pending);
            }
            Entry::Failed { request_id, tries, due, failure } => {
                if let Some(pending) = left.get_mut(&request_id) {
                    (pending.tries, pending.due, pending.failure) = (tries, due, Some(failure));
                }
            }
            Entry::Done { request_id } => {
                left.remove(&request_id);
            }
        }
    }
    left
}
