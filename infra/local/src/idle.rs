//! Who may have something to do right now. The clock is walked on only when nobody has, so that what one wake sets
//! going has ended before the next one comes.

use async_trait::async_trait;
use jiff::Timestamp;

/// A part that can say whether it has something to do.
#[async_trait]
pub trait Idle: Send + Sync {
    /// Whether nothing is under way, and nothing due at this time waits for somebody. What waits for a later time, or
    /// for others, is quiet.
    async fn is_idle(&self, now: Timestamp) -> bool;
}
