//! Time, ids and chance, each behind a port, so that a whole house can run on one seed.
//! `decide` and `evolve` never see these: what they need arrives inside the command.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// What time it is.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, duration: SignedDuration);
}

/// Where ids and chance come from. Drawn per call, never at start: an environment may be a copy.
pub trait Ids: Send + Sync {
    /// A new UUID v7 for something made at this time.
    fn uuid(&self, at: Timestamp) -> Uuid;

    /// A number from 0 up to 1.
    fn random(&self) -> f64;
}
