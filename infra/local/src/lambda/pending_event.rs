//! An event whose asynchronous invocation has not ended, as it is stored.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::executor::FunctionError;

/// An event whose asynchronous invocation has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingEvent {
    /// The request id, the same for all attempts.
    pub(super) request_id: String,
    /// The function's ARN.
    pub(super) function: String,
    /// The event as JSON.
    pub(super) event: String,
    /// The time at which the event was accepted.
    #[serde(rename = "taken")]
    pub(super) accepted: Timestamp,
    /// The number of attempts made so far.
    #[serde(rename = "tries")]
    pub(super) attempts: u32,
    /// The time of the next attempt.
    pub(super) due: Timestamp,
    /// The failure of the latest attempt.
    pub(super) failure: Option<StoredError>,
}

/// A function error as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredError {
    kind: String,
    message: String,
    trace: Vec<String>,
}

impl From<FunctionError> for StoredError {
    fn from(FunctionError { kind, message, trace }: FunctionError) -> Self {
        Self { kind, message, trace }
    }
}

impl From<StoredError> for FunctionError {
    fn from(StoredError { kind, message, trace }: StoredError) -> Self {
        Self { kind, message, trace }
    }
}

/// A change, as a record of the write-ahead log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Change {
    #[serde(rename = "Taken")]
    Accepted(PendingEvent),
    /// An attempt failed and there will be another one.
    Failed {
        request_id: String,
        #[serde(rename = "tries")]
        attempts: u32,
        due: Timestamp,
        failure: StoredError,
    },
    /// The function succeeded, or the event was given up.
    #[serde(rename = "Done")]
    Ended { request_id: String },
}

impl PendingEvent {
    /// The end of the event's maximum age.
    pub(super) fn expires(&self, maximum_age_seconds: u32) -> Timestamp {
        let age = SignedDuration::from_secs(maximum_age_seconds.into());
        self.accepted.checked_add(age).unwrap_or(Timestamp::MAX)
    }

    /// The id of the event, if it came from an event bus.
    pub(super) fn event_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct BusEvent {
            id: Option<String>,
        }
        serde_json::from_str::<BusEvent>(&self.event).ok()?.id
    }

    /// The time of the next attempt after a failure now: one minute after the first failure, two after the second.
    pub(super) fn next_attempt(&self, now: Timestamp) -> Timestamp {
        let minutes = i64::from(self.attempts.clamp(1, 2));
        now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
    }
}

/// The events that have not ended after these changes, by request id.
pub(super) fn replay(changes: Vec<Change>) -> BTreeMap<String, PendingEvent> {
    let mut pending = BTreeMap::new();
    for change in changes {
        match change {
            Change::Accepted(event) => {
                pending.insert(event.request_id.clone(), event);
            }
            Change::Failed { request_id, attempts, due, failure } => {
                if let Some(event) = pending.get_mut(&request_id) {
                    (event.attempts, event.due, event.failure) = (attempts, due, Some(failure));
                }
            }
            Change::Ended { request_id } => {
                pending.remove(&request_id);
            }
        }
    }
    pending
}
