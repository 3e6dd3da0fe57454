//! The weather: how often what goes wrong, drawn from the seed, until the storm is over.
//! It passes at some time, because what the house promises it promises to those who wait.

use jiff::{SignedDuration, Timestamp};

use super::{chance::Chance, schedule::Schedule};
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
    pub ghosts: f64,
    /// So many times nothing works for a minute or two.
    pub outages: u64,
}

impl Faults {
    /// Nothing goes wrong; messages still overtake each other.
    pub const NONE: Self =
        Self { throttled: 0.0, lost: 0.0, slow: 0.0, killed: 0.0, doubled: 0.0, delayed: 0.0, ghosts: 0.0, outages: 0 };

    /// Everything goes wrong now and then.
    pub const STORM: Self = Self {
        throttled: 0.04,
        lost: 0.04,
        slow: 0.03,
        killed: 0.1,
        doubled: 0.3,
        delayed: 0.1,
        ghosts: 0.2,
        outages: 2,
    };
}

/// How long a storm lasts.
const STORM: SignedDuration = SignedDuration::from_mins(60);

/// The weather of one run; a clone is the same weather.
#[derive(Clone)]
pub struct FaultPlan {
    faults: Faults,
    over: Timestamp,
    outages: Vec<(Timestamp, Timestamp)>,
    chance: Chance,
    schedule: Schedule,
}

impl FaultPlan {
    /// The weather from now on.
    pub fn new(faults: Faults, chance: Chance, schedule: Schedule) -> Self {
        let begin = schedule.now();
        let outage = |_| {
            // Most begin early, when most is going on.
            let from = begin + chance.up_to(chance.up_to(STORM / 2));
            (from, from + SignedDuration::from_secs(30) + chance.up_to(SignedDuration::from_secs(90)))
        };
        let outages = (0..faults.outages).map(outage).collect();
        Self { faults, over: begin + STORM, outages, chance, schedule }
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
    pub fn strikes(&self, rate: f64) -> bool {
        self.schedule.now() < self.over && self.chance.happens(rate)
    }

    /// The await at which a process is killed, if it is: rather an early one of so many, because most runs are short.
    pub fn last_await(&self, most: u64) -> Option<u32> {
        if !self.strikes(self.faults.killed) {
            return None;
        }
        u32::try_from(1 + self.chance.below(1 + self.chance.below(most))).ok()
    }

    /// On the way to a port: others go first, the call may be slow, and it may be refused.
    pub async fn before(&self) -> Result<(), BoxError> {
        self.schedule.pass().await;
        if self.strikes(self.faults.slow) {
            self.schedule.sleep(self.chance.up_to(SignedDuration::from_secs(20))).await;
        }
        if self.nothing_works() {
            return Err("nothing works at the moment".into());
        }
        if self.strikes(self.faults.throttled) { Err("too many calls".into()) } else { Ok(()) }
    }

    /// On the way back: others go first, and the answer may be lost.
    pub async fn after(&self) -> Result<(), BoxError> {
        self.schedule.pass().await;
        if self.strikes(self.faults.lost) { Err("the answer was lost".into()) } else { Ok(()) }
    }

    fn nothing_works(&self) -> bool {
        let now = self.schedule.now();
        self.outages.iter().any(|(from, to)| *from <= now && now < *to)
    }
}
