//! The ports [`Clock`] and [`Ids`]: time, ids and random numbers, so that a whole system can run on one seed.
//! `decide` and `evolve` never use them; the time and ids that they need are in the command.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Waits for the duration.
    async fn sleep(&self, duration: SignedDuration);
}

/// A source of random ids and numbers. Each call draws anew, because a function's environment may be a restored copy.
pub trait Ids: Send + Sync {
    /// A new UUID v7 with this timestamp.
    fn uuid(&self, at: Timestamp) -> Uuid;

    /// A random number from 0 to below 1.
    fn random(&self) -> f64;
}
