//! The system clock, or a simulated one that the environment configures; ids and random numbers from the operating
//! system. Randomness is read at each call and not at start: an environment may be restored from a snapshot.

mod linear_clock;
#[cfg(test)]
mod tests;

pub use linear_clock::{CLOCK_VARIABLE, InvalidClock, LinearClock, clock_from_env};

use std::time::Duration;

use async_trait::async_trait;
use causeway::time::clock::{Clock, Ids};
use jiff::{SignedDuration, Timestamp};
use uuid::{Builder, Uuid};

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }
}

/// UUIDs (version 7) and random numbers from the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsIds;

impl Ids for OsIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        // A version 4 UUID has 122 random bits. Its bytes 6 and 8 are partly fixed and left out.
        let [a, b, c, d, e, f, _, g, _, h, i, j, ..] = *Uuid::new_v4().as_bytes();
        Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]).into_uuid()
    }

    fn random(&self) -> f64 {
        let [.., a, b, c, d, e, f] = *Uuid::new_v4().as_bytes();
        let [low, high] = [u32::from_be_bytes([a, b, c, d]), u32::from(u16::from_be_bytes([e, f]))];
        // 48 random bits, all of which an f64 holds exactly.
        (f64::from(low) * 65_536.0 + f64::from(high)) / 281_474_976_710_656.0
    }
}
