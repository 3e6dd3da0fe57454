//! Advances the clock from timer to timer, and stops at each until everything that it started has ended. So a timer that
//! was set by another timer is as punctual as the first one, however many days are advanced.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::Mutex, task::yield_now, time::Instant};

use crate::{clock::Clock, idle::Idle, lambda::Functions, mapping::StreamWatch};

use super::ClockState;

/// Number of checks that only yield to other tasks. Later checks wait in between.
const YIELDING_CHECKS: u32 = 64;

/// Real time between two later checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// Advances the clock.
pub struct TimeDriver {
    clock: Clock,
    clock_state: Arc<ClockState>,
    functions: Functions,
    /// In the order in which work passes through them, so that work that leaves one during a check is found in the next.
    parts: Vec<Arc<dyn Idle>>,
    streams: Vec<StreamWatch>,
    one_at_a_time: Mutex<()>,
}

/// The result of an advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeAdvance {
    /// The time of the clock.
    pub now: Timestamp,
    /// Number of times at which it stopped on the way.
    pub wakes: u64,
    /// Whether everything that was started has ended. If not, the clock jumped the rest of the way.
    pub settled: bool,
}

impl TimeDriver {
    /// A driver of this clock that waits for the functions and all parts. The part that gets work first comes first.
    pub fn new(clock: Clock, functions: Functions, parts: Vec<Arc<dyn Idle>>, streams: Vec<StreamWatch>) -> Self {
        let clock_state = Arc::new(ClockState::in_memory(&clock));
        Self { clock, clock_state, functions, parts, streams, one_at_a_time: Mutex::default() }
    }

    /// The same driver, which keeps the time in this state.
    #[must_use]
    pub fn with_clock_state(self, clock_state: Arc<ClockState>) -> Self {
        Self { clock_state, ..self }
    }

    /// Moves the clock to this time at once. Timers on the way fire late.
    pub async fn jump(&self, target: Timestamp) -> Timestamp {
        let _alone = self.one_at_a_time.lock().await;
        self.advance_to(target);
        self.clock.now()
    }

    /// Moves the clock to this time, from timer to timer. A stop that takes longer than `patience` in real time makes the
    /// rest of the way a jump.
    pub async fn advance(&self, target: Timestamp, patience: Duration) -> TimeAdvance {
        let _alone = self.one_at_a_time.lock().await;
        // The invoke counts at the last check that found no new stream records.
        let mut seen = None;
        let mut wakes = 0;
        let mut settled = self.settle(patience, &mut seen).await;
        while settled && let Some(next) = self.clock.next_wake().filter(|next| *next <= target) {
            self.advance_to(next);
            wakes += 1;
            settled = self.settle(patience, &mut seen).await;
        }
        self.advance_to(target);
        let settled = settled && self.settle(patience, &mut seen).await;
        TimeAdvance { now: self.clock.now(), wakes, settled }
    }

    // Logged first, shown afterwards.
    fn advance_to(&self, moment: Timestamp) {
        self.clock_state.will_show(moment);
        self.clock.advance_to(moment);
    }

    async fn settle(&self, patience: Duration, seen: &mut Option<(u64, u64)>) -> bool {
        let end = Instant::now() + patience;
        let mut looks = 0;
        while !self.is_idle(seen).await {
            if Instant::now() >= end {
                return false;
            }
            looks += 1;
            match looks {
                ..YIELDING_CHECKS => yield_now().await,
                _ => tokio::time::sleep(CHECK_INTERVAL).await,
            }
        }
        true
    }

    /// Whether nothing is due now. Only functions write to streams, so streams are read again only if a function ran
    /// since the last check.
    async fn is_idle(&self, seen: &mut Option<(u64, u64)>) -> bool {
        let before = self.functions.invocation_counts();
        if before.0 != before.1 || !self.clock.all_are_awake() {
            return false;
        }
        let now = self.clock.now();
        for part in &self.parts {
            if !part.is_idle(now).await {
                return false;
            }
        }
        if *seen != Some(before) {
            for stream in &self.streams {
                if !stream.has_read_all().await {
                    return false;
                }
            }
        }
        // A function that ran during the check may have given work to a part that was idle before.
        let is_idle = self.functions.invocation_counts() == before;
        if is_idle {
            *seen = Some(before);
        }
        is_idle
    }
}
