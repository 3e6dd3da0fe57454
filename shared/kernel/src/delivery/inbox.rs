//! The inbox: which message a consumer has seen, for effects that leave the house.
//! A claim is written before the effect and closed after it, so that a killed handler leaves a trace:
//! whoever finds an open claim asks the other side before doing it again.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    failure::{BoxError, Failure},
    message::id::MessageId,
};

/// How long a message is remembered: longer than the longest redelivery (14 days of a queue and one of the bus).
pub const INBOX_RETENTION: SignedDuration = SignedDuration::from_hours(16 * 24);

/// How long a claim holds others off: longer than any function may run.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A message and the consumer that shall see it once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxKey {
    /// The consumer: a function's name, or a stream for its once-commands.
    pub consumer: String,
    /// The message.
    pub message: MessageId,
}

impl std::fmt::Display for InboxKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.consumer, self.message)
    }
}

/// What a claim found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody was here: go on.
    First,
    /// Somebody was here and did not finish: ask before doing it again.
    Resumed,
    /// Somebody is here now: come back later.
    Held,
    /// It is done.
    Completed,
}

/// The memory of what was seen.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Claims the ticket until `until`; a claim that ran out before `now` may be taken over.
    async fn claim(&self, key: &InboxKey, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError>;

    /// The effect is done: no further claim will be granted.
    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError>;

    /// The effect was not done after all, or nobody knows: the next claim is granted at once, as [`Claim::Resumed`].
    async fn abandon(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError>;

    /// Nothing left the house: the next claim is granted at once, as [`Claim::First`]. An inbox that cannot forget a
    /// claim releases it, which is the cautious side.
    async fn forget(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.abandon(key, now).await
    }
}

/// An inbox that did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the inbox did not answer for {key}")]
pub struct InboxError {
    /// The ticket.
    pub key: InboxKey,
    /// Why.
    #[source]
    pub source: BoxError,
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        Self::transient(error)
    }
}

/// Somebody else has the message in hand.
#[derive(Debug, thiserror::Error)]
#[error("{key} is in another's hands")]
pub struct ClaimHeld {
    /// The ticket.
    pub key: InboxKey,
}

/// A passing failure before which nothing left the house: whoever comes again need not ask the other side.
/// Inside [`Failure::Transient`] it withdraws the claim.
#[derive(Debug, thiserror::Error)]
#[error("nothing left the house")]
pub struct NotAttempted(#[source] pub BoxError);

impl NotAttempted {
    /// The failure, if it is a passing one, as one before which nothing left the house.
    pub fn before(failure: impl Into<Failure>) -> Failure {
        match failure.into() {
            Failure::Transient(error) => Failure::transient(Self(error)),
            Failure::Permanent(error) => Failure::Permanent(error),
        }
    }
}
