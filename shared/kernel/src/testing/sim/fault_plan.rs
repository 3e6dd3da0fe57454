//! The weather: how often what goes wrong, drawn from the seed, until the storm is over.
//! It passes at some time, because what the house promises it promises to those who wait.

use jiff::{SignedDuration, Timestamp};

use super::{rng::Rng, schedule::Schedule};
use crate::{failure::BoxError, time::clock::Clock};

/// How often what goes wrong: rates from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// A call is refused before it has an effect.
    pub throttled: f64,
    /// A call has its effect, and the answer is lost.
    pub lost: f64,
    /// A call takes seconds.
    pub slow: f64,
    /// A handler's process is killed at one of its awaits.
    pub killed: f64,
    /// A message is delivered more than once, up to five times.
    pub doubled: f64,
    /// A delivery is minutes late.
    pub delayed: f64,
    /// A timer that was cancelled or moved fires all the same.
    pub stale_timers: f64,
    /// So many times nothing works for a minute or two.
    pub outages: u64,
}

impl Faults {
    /// Nothing goes wrong; messages still overtake each other.
    pub const NONE: Self = Self {
        throttled: 0.0,
        lost: 0.0,
        slow: 0.0,
        killed: 0.0,
        doubled: 0.0,
        delayed: 0.0,
        stale_timers: 0.0,
        outages: 0,
    };

    /// Everything goes wrong now and then.
    pub const CHAOS: Self = Self {
        throttled: 0.04,
        lost: 0.04,
        slow: 0.03,
        killed: 0.1,
        doubled: 0.3,
        delayed: 0.1,
        stale_timers: 0.2,
        outages: 2,
    };
}

/// How long a storm lasts.
const CHAOS: SignedDuration = SignedDuration::from_mins(60);

/// The weather of one run; a clone is the same weather.
#[derive(Clone)]
pub struct FaultPlan {
    faults: Faults,
    over: Timestamp,
    outages: Vec<(Timestamp, Timestamp)>,
    rng: Rng,
    schedule: Schedule,
}

impl FaultPlan {
    /// The weather from now on.
    pub fn new(faults: Faults, rng: Rng, schedule: Schedule) -> Self {
        let begin = schedule.now();
        let outage = |_| {
            // Most begin early, when most is going on.
            let from = begin + rng.up_to(rng.up_to(CHAOS / 2));
            (from, from + SignedDuration::from_secs(30) + rng.up_to(SignedDuration::from_secs(90)))
        };
        let outages = (0..faults.outages).map(outage).collect();
        Self { faults, over: begin + CHAOS, outages, rng, schedule }
    }

    /// How often what goes wrong while the storm lasts.
    pub fn faults(&self) -> Faults {
        self.faults
    }

    /// When the storm is over.
    pub fn over(&self) -> Timestamp {
        self.over
    }

    /// Whether something of this rate happens now.
    pub fn occurs(&self, rate: f64) -> bool {
        self.schedule.now() < self.over && self.rng.happens(rate)
    }

    /// The await at which a process is killed, if it is: rather an early one of so many, because most runs are short.
    pub fn last_await(&self, most: u64) -> Option<u32> {
        if !self.occurs(self.faults.killed) {
            return None;
        }
        u32::try_from(1 + self.rng.below(1 + self.rng.below(most))).ok()
    }

    /// On the way to a port: others go first, the call may be slow, and it may be refused.
    pub async fn before(&self) -> Result<(), BoxError> {
        self.schedule.pass().await;
        if self.occurs(self.faults.slow) {
            self.schedule.sleep(self.rng.up_to(SignedDuration::from_secs(20))).await;
        }
        if self.nothing_works() {
            return Err("nothing works at the moment".into());
        }
        if self.occurs(self.faults.throttled) { Err("too many calls".into()) } else { Ok(()) }
    }

    /// On the way back: others go first, and the answer may be lost.
    pub async fn after(&self) -> Result<(), BoxError> {
        self.schedule.pass().await;
        if self.occurs(self.faults.lost) { Err("the answer was lost".into()) } else { Ok(()) }
    }

    fn nothing_works(&self) -> bool {
        let now = self.schedule.now();
        self.outages.iter().any(|(from, to)| *from <= now && now < *to)
    }
}
