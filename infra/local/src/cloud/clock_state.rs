//! How far the clock came, kept in the folder: always a moment ahead of what it shows, so that a cloud that is started
//! again never goes back in time, however fast it ran, however far it was moved and however it ended.

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
pub(super) const JOURNAL: &str = "clock.journal";

/// So much of the world's time is kept ahead: a start after a kill may find the clock so much too late, never too early.
const AHEAD: SignedDuration = SignedDuration::from_secs(1);

/// Looked after so often, what is kept never runs out.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A write-ahead log with more lines is written anew.
const LONG: usize = 1_000;

/// A line of the write-ahead log: no more than this was ever shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Until {
    until: Timestamp,
}

/// Who remembers how far the clock came.
#[derive(Debug)]
pub struct ClockState {
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// Without one nothing outlives the cloud.
    wal: Option<Wal<Until>>,
    until: Timestamp,
}

impl ClockState {
    /// Nothing is remembered.
    pub fn in_memory(clock: &Clock) -> Self {
        let kept = Kept { wal: None, until: Timestamp::MIN };
        Self { clock: clock.clone(), kept: Mutex::new(kept) }
    }

    /// Sets the clock on to where it once came, if it shows less, and remembers from now on.
    pub(super) fn open(path: Option<&Path>, clock: &Clock) -> Result<Self, WalError> {
        let Some(path) = path else { return Ok(Self::in_memory(clock)) };
        let (wal, lines) = Wal::<Until>::open(path)?;
        let until = lines.iter().map(|line| line.until).max().unwrap_or(Timestamp::MIN);
        clock.advance_to(until);
        let shown = Self { clock: clock.clone(), kept: Mutex::new(Kept { wal: Some(wal), until }) };
        shown.look()?;
        Ok(shown)
    }

    /// Remembers what the clock will show, before it does.
    pub(super) fn will_show(&self, moment: Timestamp) {
        if let Err(error) = self.keep(moment.checked_add(self.ahead()).unwrap_or(Timestamp::MAX)) {
            tracing::warn!(%error, "after the next start the clock may show less than it does now");
        }
    }

    /// Remembers on and on; ends never.
    pub(super) async fn watch(&self) {
        loop {
            if let Err(error) = self.look() {
                tracing::warn!(%error, "after the next start the clock may show less than it does now");
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    fn look(&self) -> Result<(), WalError> {
        // The machine's clock goes on by itself while nobody runs.
        if self.clock.line().is_none() {
            return Ok(());
        }
        let (now, ahead) = (self.clock.now(), self.ahead());
        let soon = now.checked_add(ahead / 2).unwrap_or(Timestamp::MAX);
        if self.kept().until >= soon {
            return Ok(());
        }
        self.keep(now.checked_add(ahead).unwrap_or(Timestamp::MAX))
    }

    /// How far the clock runs in the time that is kept ahead. One that stands runs nowhere.
    fn ahead(&self) -> SignedDuration {
        let speed = self.clock.line().map_or(1.0, |line| line.speed);
        SignedDuration::try_from_secs_f64(AHEAD.as_secs_f64() * speed).unwrap_or(SignedDuration::MAX)
    }

    fn keep(&self, until: Timestamp) -> Result<(), WalError> {
        let mut kept = self.kept();
        let Some(wal) = &kept.wal else { return Ok(()) };
        if until <= kept.until {
            return Ok(());
        }
        match wal.length() {
            ..LONG => wal.append(&Until { until })?,
            _ => wal.compact(&[Until { until }])?,
        }
        kept.until = until;
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
