//! What was counted: every call that the functions and the buyer made, every run of a function, and what stays behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

/// All counts since the last time somebody took them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counted {
    /// Events that were put, for each 64 KB begun.
    pub(super) event_chunks: u64,
    /// What they hold, in bytes.
    pub(super) event_bytes: u64,
    /// What became of each table.
    pub(super) tables: BTreeMap<String, Units>,
    /// How often each function ran.
    pub(super) functions: BTreeMap<String, Runs>,
    /// Calls, by who made them and which.
    pub(super) calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// Schedules that were made and not taken back: each will fire.
    pub(super) timers_left: i64,
}

/// What a table was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Units {
    /// Units written.
    pub(super) writes: f64,
    /// Units read.
    pub(super) reads: f64,
    /// Writes whose condition did not hold; they are among the units.
    pub(super) refused: u64,
}

/// How often a function ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Runs {
    /// Runs.
    pub(super) runs: u64,
    /// Requests that are billed for them: an event of more than 256 KB is several.
    pub(super) requests: u64,
    /// Records of a stream that it was handed.
    pub(super) records: u64,
    /// Units that it wrote.
    pub(super) writes: f64,
    /// Units that it read.
    pub(super) reads: f64,
    /// How the runs ended, in the words of the functions.
    pub(super) outcomes: BTreeSet<String>,
}

/// Where everybody counts. A clone is the same place.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter {
    counted: Arc<Mutex<Counted>>,
}

impl Counter {
    /// What was counted since this was asked last.
    pub(super) fn take(&self) -> Counted {
        std::mem::take(&mut *self.counted())
    }

    /// Takes note.
    pub(super) fn note(&self, note: impl FnOnce(&mut Counted)) {
        note(&mut self.counted());
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// How often this was called, by whomever.
    pub(super) fn calls_of(&self, operation: &str) -> u64 {
        self.calls.values().filter_map(|calls| calls.get(operation)).sum()
    }

    /// Calls to queues.
    pub(super) fn queue_calls(&self) -> u64 {
        let calls = self.calls.values().flatten();
        calls.filter(|(operation, _)| operation.contains("Message")).map(|(_, number)| number).sum()
    }

    /// Requests to functions that are billed.
    pub(super) fn function_requests(&self) -> u64 {
        self.functions.values().map(|function| function.requests).sum()
    }

    /// Runs of functions that take time.
    pub(super) fn function_runs(&self) -> u64 {
        self.functions.values().map(Runs::billed).sum()
    }
}

impl Runs {
    /// Runs as they are billed: at little traffic a stream brings its records one by one.
    pub(super) fn billed(&self) -> u64 {
        self.runs.max(self.records)
    }
}
