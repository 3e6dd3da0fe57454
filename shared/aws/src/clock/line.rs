//! A clock that is not the machine's: what it shows is a straight line over the machine's time. The local cloud hands
//! its own clock to processes like this, so that all of them agree what time it is.

use std::{str::FromStr, sync::Arc};

use async_trait::async_trait;
use causeway::time::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use super::SystemClock;

/// The variable that names the clock. Without it, time is the machine's.
pub const CLOCK: &str = "CAUSEWAY_CLOCK";

/// A clock that showed `shown` when the machine's showed `at`, and runs so many times as fast; at 0 it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// What the clock showed.
    pub shown: Timestamp,
    /// When it did, by the machine's clock.
    pub at: Timestamp,
    /// How much faster it runs than the machine's.
    pub speed: f64,
}

/// The variable does not say a clock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{CLOCK} is {given:?} and must be <time shown>@<at this time>*<speed from 0 up>, \
     such as 2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*60; without it, time is the machine's"
)]
pub struct NoLine {
    /// What it says.
    pub given: String,
}

impl FromStr for Line {
    type Err = NoLine;

    fn from_str(given: &str) -> Result<Self, NoLine> {
        read(given).ok_or_else(|| NoLine { given: given.to_owned() })
    }
}

fn read(given: &str) -> Option<Line> {
    let (shown, rest) = given.trim().split_once('@')?;
    let (at, speed) = rest.split_once('*')?;
    let speed: f64 = speed.parse().ok()?;
    let line = Line { shown: shown.parse().ok()?, at: at.parse().ok()?, speed };
    (speed.is_finite() && speed >= 0.0).then_some(line)
}

impl Line {
    /// What the clock shows when the machine's shows this. It never shows less than at its beginning.
    pub fn shows_at(&self, machine: Timestamp) -> Timestamp {
        let passed = machine.duration_since(self.at).as_secs_f64().max(0.0) * self.speed;
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or(SignedDuration::MAX);
        self.shown.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

#[async_trait]
impl Clock for Line {
    fn now(&self) -> Timestamp {
        self.shows_at(Timestamp::now())
    }

    // Who waits here waits for others at work, and they work in the world's time: on a clock that stands, a pause
    // between two tries would never end, and on a fast one it would be none.
    async fn sleep(&self, duration: SignedDuration) {
        SystemClock.sleep(duration).await;
    }
}

/// The clock that the environment names, or the machine's.
pub fn of_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<Arc<dyn Clock>, NoLine> {
    match lookup(CLOCK).filter(|given| !given.trim().is_empty()) {
        Some(given) => Ok(Arc::new(given.parse::<Line>()?)),
        None => Ok(Arc::new(SystemClock)),
    }
}
