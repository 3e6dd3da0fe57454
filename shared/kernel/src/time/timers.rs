//! [`Timers`], the port to the scheduler: publish a message at a due time, move it, cancel it, list what is pending.
//! A timer's key is its stream and its name. It fires at least once and maybe late, so its handler checks the state.
//!
//! A change carries the version of its commit. The relay may bring an old commit again, and what an older commit changes
//! never replaces what a newer one has set.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    failure::BoxError,
    log::Commit,
    message::{Encoded, Envelope, StreamId, id::short_digest},
};

/// A scheduler of timers.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Sets the timer. One with the same key is replaced, unless a newer commit has set it.
    async fn set(&self, timer: &Timer) -> Result<(), TimerError>;

    /// Cancels the timer for the commit of this version, unless a newer commit has set it. Cancelling a timer that is
    /// not set succeeds.
    async fn cancel(&self, key: &TimerKey, version: u64) -> Result<(), TimerError>;

    /// Lists the pending timers, in the order of their keys.
    async fn list(&self) -> Result<Vec<Pending>, TimerError>;
}

/// The key of a timer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its name in the stream.
    pub name: String,
}

impl TimerKey {
    /// A name of at most 64 characters that any scheduler accepts: the context and a digest of the key.
    pub fn schedule_name(&self) -> String {
        let digest = short_digest(&format!("{}#{}", self.stream, self.name));
        format!("{}-{digest}", self.stream.context().chars().take(36).collect::<String>())
    }
}

/// A timer to set.
#[derive(Clone, Debug)]
pub struct Timer {
    /// The key.
    pub key: TimerKey,
    /// The version of the commit that sets it.
    pub version: u64,
    /// When it is due.
    pub due: Timestamp,
    /// The message that it publishes.
    pub envelope: Envelope,
}

/// A pending timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its name in the scheduler.
    pub schedule_name: String,
    /// When it is due.
    pub due: Timestamp,
}

/// A timer that was not set, cancelled or listed.
#[derive(Debug, thiserror::Error)]
pub enum TimerError {
    /// Throttled, timed out, not reached; it may work later.
    #[error("the scheduler did not answer")]
    Unavailable(#[source] BoxError),
    /// The scheduler will never accept it.
    #[error("the timer was refused, {code}: {reason}")]
    Refused {
        /// The scheduler's error code.
        code: String,
        /// The scheduler's message.
        reason: String,
    },
}

impl Timer {
    /// The timer that a commit sets. Its message is caused by the commit; the message's id is derived from name and due time.
    pub fn of(commit: &Commit, name: &str, due: Timestamp, message: &Encoded) -> Self {
        let id = commit.id.event(0).derived(&format!("timer/{name}/{due}"));
        let envelope = commit.follow_up_envelope(id, &commit.stream, due, message);
        let key = TimerKey { stream: commit.stream.clone(), name: name.to_owned() };
        Self { key, version: commit.version, due, envelope }
    }
}
