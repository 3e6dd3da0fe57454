//! The machine's clock, or another that the environment names; ids and chance from the operating system.
//! Drawn per call and never at start: an environment may be a copy of another.

mod line;
#[cfg(test)]
mod tests;

pub use line::{CLOCK, Line, NoLine, of_environment};

use std::time::Duration;

use async_trait::async_trait;
use causeway::time::clock::{Clock, Ids};
use jiff::{SignedDuration, Timestamp};
use uuid::{Builder, Uuid};

/// The machine's clock.
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

/// Ids and chance from the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsIds;

impl Ids for OsIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        // A v4 is 122 bits of chance, but its bytes 6 and 8 are partly fixed: they are left out.
        let [a, b, c, d, e, f, _, g, _, h, i, j, ..] = *Uuid::new_v4().as_bytes();
        Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]).into_uuid()
    }

    fn random(&self) -> f64 {
        let [.., a, b, c, d, e, f] = *Uuid::new_v4().as_bytes();
        let [low, high] = [u32::from_be_bytes([a, b, c, d]), u32::from(u16::from_be_bytes([e, f]))];
        // 48 bits of chance, all of which an f64 holds exactly.
        (f64::from(low) * 65_536.0 + f64::from(high)) / 281_474_976_710_656.0
    }
}
