//! The system clock, or a simulated one that the environment configures; ids and random numbers from the operating
//! system. Randomness is read at each call and not at start: an environment may be restored from a snapshot.

use std::{str::FromStr, sync::Arc, time::Duration};

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

/// The environment variable that configures the clock. Without it, the system clock is used.
pub const CLOCK_VARIABLE: &str = "CAUSEWAY_CLOCK";

/// A linear function of the system clock. The local cloud passes its simulated time to processes as such a clock, so that
/// all of them agree on the time: it showed `shown` when the system clock showed `at`, and runs `speed` times as fast; at 0 it is
/// paused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearClock {
    /// The time this clock showed at `at`.
    pub shown: Timestamp,
    /// The time of the system clock at which it showed `shown`.
    pub at: Timestamp,
    /// The speed relative to the system clock: 0 or more.
    pub speed: f64,
}

/// The variable does not hold a clock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{CLOCK_VARIABLE} is {given:?} and must be <time shown>@<at this time>*<speed from 0 up>, \
     such as 2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*60; without it, the system clock is used"
)]
pub struct InvalidClock {
    /// The variable's value.
    pub given: String,
}

impl FromStr for LinearClock {
    type Err = InvalidClock;

    fn from_str(given: &str) -> Result<Self, InvalidClock> {
        let parse = || {
            let (shown, rest) = given.trim().split_once('@')?;
            let (at, speed) = rest.split_once('*')?;
            let speed: f64 = speed.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed >= 0.0)?;
            Some(Self { shown: shown.parse().ok()?, at: at.parse().ok()?, speed })
        };
        parse().ok_or_else(|| InvalidClock { given: given.to_owned() })
    }
}

impl LinearClock {
    /// The time this clock shows when the system clock shows `system`; never before `shown`.
    pub fn time_at(&self, system: Timestamp) -> Timestamp {
        let elapsed = system.duration_since(self.at).as_secs_f64().max(0.0) * self.speed;
        let elapsed = SignedDuration::try_from_secs_f64(elapsed).unwrap_or(SignedDuration::MAX);
        self.shown.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}

#[async_trait]
impl Clock for LinearClock {
    fn now(&self) -> Timestamp {
        self.time_at(Timestamp::now())
    }

    // A sleep waits for other processes, which work in real time. In simulated time, a backoff would never end on a
    // paused clock and would be no pause on a fast one.
    async fn sleep(&self, duration: SignedDuration) {
        SystemClock.sleep(duration).await;
    }
}

/// The clock that the environment configures, or the system clock.
pub fn clock_from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Arc<dyn Clock>, InvalidClock> {
    match lookup(CLOCK_VARIABLE).filter(|given| !given.trim().is_empty()) {
        Some(given) => Ok(Arc::new(given.parse::<LinearClock>()?)),
        None => Ok(Arc::new(SystemClock)),
    }
}

#[cfg(test)]
mod tests;
