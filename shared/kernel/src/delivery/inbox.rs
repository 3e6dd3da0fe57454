//! [`Inbox`], the port that records which messages a consumer has handled, for effects outside of the system.
//! A claim is written before the effect and completed after it. If the handler is killed in between, the next claim is
//! [`Claim::Resumed`], and the handler asks the other side before it repeats the effect.

use std::fmt;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    failure::{BoxError, Failure},
    message::MessageId,
};

/// How long a key is kept: longer than the longest redelivery (14 days of a queue and one of the bus).
pub const INBOX_RETENTION: SignedDuration = SignedDuration::from_hours(16 * 24);

/// How long a claim is held: longer than any function may run.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// The key of a claim: a message and the consumer that handles it once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxKey {
    /// The consumer: a function's name, or a stream for its once-commands.
    pub consumer: String,
    /// The message.
    pub message: MessageId,
}

impl fmt::Display for InboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.consumer, self.message)
    }
}

/// The id of one attempt to handle a message, by which a claim whose answer was lost is known to be one's own.
///
/// It is new for every attempt. Lambda's request id will not do: it stays the same over the retries of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptId(Uuid);

impl AttemptId {
    /// An id from a new UUID.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The result of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The first claim: handle the message.
    First,
    /// An earlier claim was not completed: ask the other side before repeating the effect.
    Resumed,
    /// Another claim is held now: retry later.
    Held,
    /// The message was handled before.
    Completed,
}

/// A record of claims.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Claims the key for the attempt until `until`. A claim that expired before `now` is taken over. Repeated by the same
    /// attempt, it returns the same claim.
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError>;

    /// Completes the claim after the effect: further claims return [`Claim::Completed`].
    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError>;

    /// Gives up the claim when the effect may or may not have happened: the next claim is granted at once, as
    /// [`Claim::Resumed`]. A completed key stays completed, and a claim of another attempt is not touched.
    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError>;

    /// Removes the claim when the effect certainly did not happen: the next claim is granted at once, as
    /// [`Claim::First`]. A completed key stays completed, and a claim of another attempt is not touched. A claim that was
    /// resumed stays, because the attempt before may have had the effect. The default abandons the claim, which is the
    /// safe side.
    async fn forget(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        self.abandon(key, attempt, now).await
    }
}

/// An inbox that did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the inbox did not answer for {key}")]
pub struct InboxError {
    /// The key.
    pub key: InboxKey,
    /// The error of the store.
    #[source]
    pub source: BoxError,
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        Self::transient(error)
    }
}

/// Another claim of the message is held.
#[derive(Debug, thiserror::Error)]
#[error("{key} is claimed by another run")]
pub struct ClaimHeld {
    /// The key.
    pub key: InboxKey,
}

/// A transient failure before the effect was attempted: a retry need not ask the other side.
/// Inside [`Failure::Transient`] it makes [`handle`](crate::delivery::handle::handle) forget the claim.
#[derive(Debug, thiserror::Error)]
#[error("the effect was not attempted")]
pub struct NotAttempted(#[source] pub BoxError);

impl NotAttempted {
    /// Marks a transient failure as one before the effect was attempted; a permanent one stays as it is.
    pub fn before(failure: impl Into<Failure>) -> Failure {
        match failure.into() {
            Failure::Transient(error) => Failure::transient(Self(error)),
            Failure::Permanent(error) => Failure::Permanent(error),
        }
    }
}
