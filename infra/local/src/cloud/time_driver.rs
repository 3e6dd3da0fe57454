//! Walking the clock: from one wake to the next, and at each only on when everything that it set going has ended. So
//! a timer that a timer set is as punctual as the first one, however many days are walked.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::Mutex, task::yield_now, time::Instant};

use crate::{clock::Clock, idle::Idle, lambda::Functions, mapping::StreamWatch};

use super::ClockState;

/// So many times the others are let go first; whoever is not done then is really at work.
const LOOKS_IN_A_ROW: u32 = 64;

/// Between two looks at those who are really at work.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// Who walks the clock.
pub struct TimeDriver {
    clock: Clock,
    shown: Arc<ClockState>,
    functions: Functions,
    /// In the order in which work goes through them, so that what leaves one during a look is found in the next.
    parts: Vec<Arc<dyn Idle>>,
    streams: Vec<StreamWatch>,
    one_at_a_time: Mutex<()>,
}

/// How a walk went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeAdvance {
    /// What the clock shows.
    pub now: Timestamp,
    /// How often it stopped on the way.
    pub wakes: u64,
    /// Everything that was set going has ended. If not, the clock leapt the rest of the way.
    pub settled: bool,
}

impl TimeDriver {
    /// A walker of this clock, who waits for the functions and all these. What is first to have work stands first.
    pub fn new(clock: Clock, functions: Functions, parts: Vec<Arc<dyn Idle>>, streams: Vec<StreamWatch>) -> Self {
        let shown = Arc::new(ClockState::in_memory(&clock));
        Self { clock, shown, functions, parts, streams, one_at_a_time: Mutex::default() }
    }

    /// The same walker, whose way is remembered.
    #[must_use]
    pub fn remembered_by(self, shown: Arc<ClockState>) -> Self {
        Self { shown, ..self }
    }

    /// Moves the clock to this time at once.
    pub async fn jump(&self, target: Timestamp) -> Timestamp {
        let _alone = self.one_at_a_time.lock().await;
        self.advance_to(target);
        self.clock.now()
    }

    /// Walks the clock to this time. No stop takes longer than the patience: then the rest of the way is a leap.
    pub async fn advance(&self, target: Timestamp, patience: Duration) -> TimeAdvance {
        let _alone = self.one_at_a_time.lock().await;
        // The turns at the last look that found nothing new in the streams.
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

    // First remembered, then shown.
    fn advance_to(&self, moment: Timestamp) {
        self.shown.will_show(moment);
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
                ..LOOKS_IN_A_ROW => yield_now().await,
                _ => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
        true
    }

    /// Whether nothing is to be done at this time. Only functions write what comes in streams, so these are read again
    /// only if a function ran since.
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
        // A function that ran meanwhile may have given work to who was asked before.
        let is_idle = self.functions.invocation_counts() == before;
        if is_idle {
            *seen = Some(before);
        }
        is_idle
    }
}
