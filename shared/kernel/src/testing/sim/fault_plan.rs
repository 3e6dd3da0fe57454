//! [`FaultPlan`]: which faults a simulation injects, drawn from its seed, for one hour. After it there are no faults, so
//! that every message can be handled.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use super::{rng::Rng, schedule::Schedule};
use crate::{failure::BoxError, time::Clock};

/// The rates of faults, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// A call fails before its effect.
    pub throttled: f64,
    /// A call has its effect, and its answer is lost.
    pub lost: f64,
    /// A call takes seconds.
    pub slow: f64,
    /// A handler's process is killed at one of its awaits.
    pub killed: f64,
    /// A message is delivered more than once, up to five times.
    pub doubled: f64,
    /// A delivery is minutes late.
    pub delayed: f64,
    /// A timer that was cancelled or moved fires nevertheless.
    pub stale_timers: f64,
    /// Before a batch of the change stream an old record comes again, as by a repair.
    pub old_records: f64,
    /// The number of outages of one or two minutes in which every call fails.
    pub outages: u64,
}

impl Faults {
    /// No faults; messages still overtake each other.
    pub const NONE: Self = Self {
        throttled: 0.0,
        lost: 0.0,
        slow: 0.0,
        killed: 0.0,
        doubled: 0.0,
        delayed: 0.0,
        stale_timers: 0.0,
        old_records: 0.0,
        outages: 0,
    };

    /// All kinds of faults.
    pub const CHAOS: Self = Self {
        throttled: 0.04,
        lost: 0.04,
        slow: 0.03,
        killed: 0.1,
        doubled: 0.3,
        delayed: 0.1,
        stale_timers: 0.2,
        old_records: 0.1,
        outages: 2,
    };
}

/// How long faults are injected.
const CHAOS: SignedDuration = SignedDuration::from_mins(60);

/// The faults of one run; a clone draws from the same sequence.
#[derive(Clone)]
pub struct FaultPlan {
    faults: Faults,
    over: Timestamp,
    outages: Vec<(Timestamp, Timestamp)>,
    pub(super) rng: Rng,
    pub(super) schedule: Schedule,
}

impl FaultPlan {
    /// Faults from now on, for an hour.
    pub fn new(faults: Faults, rng: Rng, schedule: Schedule) -> Self {
        let begin = schedule.now();
        let outage = |_| {
            // Most begin early, when there are most messages.
            let from = begin + rng.up_to(rng.up_to(CHAOS / 2));
            (from, from + SignedDuration::from_secs(30) + rng.up_to(SignedDuration::from_secs(90)))
        };
        let outages = (0..faults.outages).map(outage).collect();
        Self { faults, over: begin + CHAOS, outages, rng, schedule }
    }

    /// The rates.
    pub fn faults(&self) -> Faults {
        self.faults
    }

    /// When the faults end.
    pub fn over(&self) -> Timestamp {
        self.over
    }

    /// Whether a fault of this rate occurs now.
    pub fn occurs(&self, rate: f64) -> bool {
        self.schedule.now() < self.over && self.rng.happens(rate)
    }

    /// The await at which a run is killed, if it is: of at most `most`, and more likely an early one.
    pub fn last_await(&self, most: u64) -> Option<u32> {
        if !self.occurs(self.faults.killed) {
            return None;
        }
        u32::try_from(1 + self.rng.below(1 + self.rng.below(most))).ok()
    }

    /// Before a call: yields, may wait, and may fail.
    pub async fn before(&self) -> Result<(), BoxError> {
        self.schedule.pass().await;
        if self.occurs(self.faults.slow) {
            self.schedule.sleep(self.rng.up_to(SignedDuration::from_secs(20))).await;
        }
        if self.is_outage() {
            return Err("an outage".into());
        }
        if self.occurs(self.faults.throttled) { Err("too many calls".into()) } else { Ok(()) }
    }

    /// After a call: yields, and may lose the answer.
    pub async fn after(&self) -> Result<(), BoxError> {
        self.schedule.pass().await;
        if self.occurs(self.faults.lost) { Err("the answer was lost".into()) } else { Ok(()) }
    }

    /// Calls a port with the faults of this plan before and after; `error` makes the port's error of a fault.
    pub async fn around<T, E>(
        &self,
        error: impl Fn(BoxError) -> E + Send + Sync,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        self.before().await.map_err(&error)?;
        let result = call.await;
        self.after().await.map_err(&error)?;
        result
    }

    fn is_outage(&self) -> bool {
        let now = self.schedule.now();
        self.outages.iter().any(|(from, to)| *from <= now && now < *to)
    }
}
