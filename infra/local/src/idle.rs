//! Which parts of the local cloud have work to do now. The time driver advances the clock only when all are idle, so
//! that everything one timer caused has ended before the next timer fires.

use async_trait::async_trait;
use jiff::Timestamp;

/// A part that reports whether it has work to do.
#[async_trait]
pub trait Idle: Send + Sync {
    /// Whether nothing is in progress and nothing is due at `now`. Work for a later time, or that waits for another
    /// part, counts as idle.
    async fn is_idle(&self, now: Timestamp) -> bool;
}
