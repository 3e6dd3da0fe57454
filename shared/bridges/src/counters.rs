//! [`Counters`]: what a bridge has done since it was started, as the health line prints it.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use serde::Serialize;

/// The counters of one direction.
#[derive(Debug, Default)]
pub struct Counters {
    /// Whether the broker was reached by the last attempt.
    pub connected: AtomicBool,
    /// Messages taken, repeated deliveries included.
    pub taken: AtomicU64,
    /// Messages published on the bus, or sent to the broker and confirmed.
    pub passed: AtomicU64,
    /// Messages that were passed before, and are not passed again.
    pub repeated: AtomicU64,
    /// Messages that came from where they would go to.
    pub own: AtomicU64,
    /// Messages parked with their reason.
    pub parked: AtomicU64,
    /// Attempts that failed and were made again.
    pub retried: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// See [`Counters`], like all others.
    pub connected: bool,
    /// Messages taken.
    pub taken: u64,
    /// Messages passed.
    pub passed: u64,
    /// Messages passed before.
    pub repeated: u64,
    /// Messages of our own.
    pub own: u64,
    /// Messages parked.
    pub parked: u64,
    /// Attempts made again.
    pub retried: u64,
}

impl Counters {
    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Relaxed);
    }

    /// The counters now.
    pub fn read(&self) -> Counted {
        Counted {
            connected: self.connected.load(Relaxed),
            taken: self.taken.load(Relaxed),
            passed: self.passed.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            own: self.own.load(Relaxed),
            parked: self.parked.load(Relaxed),
            retried: self.retried.load(Relaxed),
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, passed, repeated, own, parked, retried, connected } = self;
        let state = if *connected { "connected" } else { "waiting for the broker" };
        write!(
            f,
            "{state}, {taken} taken, {passed} passed, {repeated} repeated, {own} own, {parked} parked, {retried} retried"
        )
    }
}
