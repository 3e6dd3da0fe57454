//! Advances the clock from timer to timer, and stops at each until everything that it started has ended. So a timer that
//! was set by another timer is as punctual as the first one, however many days are advanced. The time is logged a little
//! ahead of the clock, so that a cloud that is started again never goes back in time, however it ended.

#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex as AsyncMutex, task::yield_now, time::Instant};

use crate::{
    clock::Clock,
    idle::Idle,
    lambda::Functions,
    mapping::StreamWatch,
    wal::{Wal, WalError},
};

/// The file of its write-ahead log.
pub(crate) const WAL_FILE: &str = "clock.journal";

/// How far the logged time is ahead, in real time. After a kill the clock may be late by this much, never early.
const AHEAD: SignedDuration = SignedDuration::from_secs(1);

/// Real time between two checks of the logged time.
const LOG_INTERVAL: Duration = Duration::from_millis(250);

/// A write-ahead log with more records is compacted.
const LONG: usize = 1_000;

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
    services: Vec<Arc<dyn Idle>>,
    streams: Vec<StreamWatch>,
    one_at_a_time: AsyncMutex<()>,
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
    /// A driver of this clock that waits for the functions and these services. The service that gets work first comes
    /// first.
    pub fn new(clock: Clock, functions: Functions, services: Vec<Arc<dyn Idle>>, streams: Vec<StreamWatch>) -> Self {
        let clock_state = Arc::new(ClockState::in_memory(&clock));
        Self { clock, clock_state, functions, services, streams, one_at_a_time: AsyncMutex::default() }
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

    /// Logs the time before the clock shows it.
    fn advance_to(&self, moment: Timestamp) {
        self.clock_state.will_show(moment);
        self.clock.advance_to(moment);
    }

    async fn settle(&self, patience: Duration, seen: &mut Option<(u64, u64)>) -> bool {
        let end = Instant::now() + patience;
        let mut checks = 0;
        while !self.is_idle(seen).await {
            if Instant::now() >= end {
                return false;
            }
            checks += 1;
            match checks {
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
        for service in &self.services {
            if !service.is_idle(now).await {
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
        // A function that ran during the check may have given work to a service that was idle before.
        let is_idle = self.functions.invocation_counts() == before;
        if is_idle {
            *seen = Some(before);
        }
        is_idle
    }
}

/// A record of the write-ahead log: the clock has shown no later time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Until {
    until: Timestamp,
}

/// Logs how far the clock has advanced.
#[derive(Debug)]
pub struct ClockState {
    clock: Clock,
    logged: Mutex<Logged>,
}

#[derive(Debug)]
struct Logged {
    /// `None` in memory.
    wal: Option<Wal<Until>>,
    until: Timestamp,
}

impl ClockState {
    /// A state without a log.
    pub fn in_memory(clock: &Clock) -> Self {
        let logged = Logged { wal: None, until: Timestamp::MIN };
        Self { clock: clock.clone(), logged: Mutex::new(logged) }
    }

    /// Opens the log, and advances the clock to the logged time.
    pub(crate) fn open(path: Option<&Path>, clock: &Clock) -> Result<Self, WalError> {
        let Some(path) = path else { return Ok(Self::in_memory(clock)) };
        let (wal, lines) = Wal::<Until>::open(path)?;
        let until = lines.iter().map(|line| line.until).max().unwrap_or(Timestamp::MIN);
        clock.advance_to(until);
        let state = Self { clock: clock.clone(), logged: Mutex::new(Logged { wal: Some(wal), until }) };
        state.log_ahead()?;
        Ok(state)
    }

    /// Logs a time before the clock shows it.
    pub(crate) fn will_show(&self, moment: Timestamp) {
        warn(self.log_until(moment.checked_add(self.ahead()).unwrap_or(Timestamp::MAX)));
    }

    /// Logs the time of a running clock until the future is dropped.
    pub(crate) async fn watch(&self) {
        loop {
            warn(self.log_ahead());
            tokio::time::sleep(LOG_INTERVAL).await;
        }
    }

    fn log_ahead(&self) -> Result<(), WalError> {
        // The machine's clock continues on its own.
        if self.clock.line().is_none() {
            return Ok(());
        }
        let (now, ahead) = (self.clock.now(), self.ahead());
        let soon = now.checked_add(ahead / 2).unwrap_or(Timestamp::MAX);
        if self.logged().until >= soon {
            return Ok(());
        }
        self.log_until(now.checked_add(ahead).unwrap_or(Timestamp::MAX))
    }

    /// How far the clock runs in the time that is logged ahead.
    fn ahead(&self) -> SignedDuration {
        let speed = self.clock.line().map_or(1.0, |line| line.speed);
        SignedDuration::try_from_secs_f64(AHEAD.as_secs_f64() * speed).unwrap_or(SignedDuration::MAX)
    }

    fn log_until(&self, until: Timestamp) -> Result<(), WalError> {
        let mut logged = self.logged();
        let Some(wal) = &logged.wal else { return Ok(()) };
        if until <= logged.until {
            return Ok(());
        }
        match wal.length() {
            ..LONG => wal.append(&Until { until })?,
            _ => wal.compact(&[Until { until }])?,
        }
        logged.until = until;
        Ok(())
    }

    fn logged(&self) -> MutexGuard<'_, Logged> {
        self.logged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn warn(logged: Result<(), WalError>) {
    if let Err(error) = logged {
        tracing::warn!(%error, "after the next start the clock may show less than it does now");
    }
}
