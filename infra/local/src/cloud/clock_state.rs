//! The time of the clock, logged in the data folder. The logged time is always a little ahead of the clock, so that a cloud
//! that is started again never goes back in time, however it ended.

#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    wal::{Wal, WalError},
};

/// The journal.
pub(super) const WAL_FILE: &str = "clock.journal";

/// How far the logged time is ahead, in real time. After a kill the clock may be late by this much, never early.
const AHEAD: SignedDuration = SignedDuration::from_secs(1);

/// Real time between two checks of the logged time.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// A write-ahead log with more lines is written anew.
const LONG: usize = 1_000;

/// A line of the write-ahead log: no more than this was ever shown.
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
    pub(super) fn open(path: Option<&Path>, clock: &Clock) -> Result<Self, WalError> {
        let Some(path) = path else { return Ok(Self::in_memory(clock)) };
        let (wal, lines) = Wal::<Until>::open(path)?;
        let until = lines.iter().map(|line| line.until).max().unwrap_or(Timestamp::MIN);
        clock.advance_to(until);
        let shown = Self { clock: clock.clone(), logged: Mutex::new(Logged { wal: Some(wal), until }) };
        shown.log_ahead()?;
        Ok(shown)
    }

    /// Logs a time before the clock shows it.
    pub(super) fn will_show(&self, moment: Timestamp) {
        if let Err(error) = self.log_until(moment.checked_add(self.ahead()).unwrap_or(Timestamp::MAX)) {
            tracing::warn!(%error, "after the next start the clock may show less than it does now");
        }
    }

    /// Logs the time of a running clock until the future is dropped.
    pub(super) async fn watch(&self) {
        loop {
            if let Err(error) = self.log_ahead() {
                tracing::warn!(%error, "after the next start the clock may show less than it does now");
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
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
