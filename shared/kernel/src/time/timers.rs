//! The port to timers: say a message later, move it, cancel it, see what is set.
//! A timer's key is its stream and its name. It fires at least once and maybe late, so what it says is checked
//! against the state by whoever hears it.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    failure::BoxError,
    message::{contract::Encoded, envelope::Envelope, id::StreamId},
};

/// The timers.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Sets the timer, or moves it.
    async fn set(&self, timer: &Timer) -> Result<(), TimerError>;

    /// Cancels the timer; one that is not set is cancelled already.
    async fn cancel(&self, key: &TimerKey) -> Result<(), TimerError>;

    /// What is set, in the order of the keys.
    async fn list(&self) -> Result<Vec<Pending>, TimerError>;
}

/// A timer's key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its name there.
    pub name: String,
}

impl TimerKey {
    /// The key as one short name that any scheduler takes: the context and a digest.
    pub fn schedule_name(&self) -> String {
        let digest = crate::command::snapshot::short_digest(&format!("{}#{}", self.stream, self.name));
        format!("{}-{digest}", self.stream.context().chars().take(36).collect::<String>())
    }
}

/// A timer to set.
#[derive(Clone, Debug)]
pub struct Timer {
    /// Its key.
    pub key: TimerKey,
    /// When it is due.
    pub due: Timestamp,
    /// What is said then.
    pub envelope: Envelope,
}

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its name at the scheduler.
    pub schedule_name: String,
    /// When it is due.
    pub due: Timestamp,
}

/// A timer that was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TimerError {
    /// It may work later.
    #[error("the timers did not answer")]
    Unavailable(#[source] BoxError),
    /// It will never work.
    #[error("the timer was refused, {code}: {reason}")]
    Refused {
        /// The scheduler's word.
        code: String,
        /// Why.
        reason: String,
    },
}

impl Timer {
    /// The timer that a commit sets: its message is caused by the commit, and its id says which timer and when.
    pub fn of(commit: &crate::log::commit::Commit, name: &str, due: Timestamp, message: &Encoded) -> Self {
        let envelope = Envelope {
            event_id: commit.id.event(0).derived(&format!("timer/{name}/{due}")),
            event_type: message.name.clone(),
            event_version: message.version,
            aggregate_type: commit.stream.context().to_owned(),
            aggregate_id: commit.stream.id().to_owned(),
            version: None,
            timestamp: due,
            data: message.data.clone(),
            metadata: commit.follow_up(),
        };
        Self { key: TimerKey { stream: commit.stream.clone(), name: name.to_owned() }, due, envelope }
    }
}
