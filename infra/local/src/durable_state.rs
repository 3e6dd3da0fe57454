//! The state of a service together with its write-ahead log. A change is logged first and applied afterwards; a
//! restart replays the log. A log that is much longer than the state is compacted.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use crate::{
    activity::{ActivityEvent, ActivitySink},
    wal::{Wal, WalError},
};

/// A shorter log is never compacted, in records.
const SHORT_WAL: usize = 4_096;

/// A state that is built from changes alone, so that replaying the log restores it.
pub(crate) trait ReplayState: Default + Send + 'static {
    /// One change, as a record of the log.
    type Change: Clone + Serialize + DeserializeOwned + Send + 'static;

    /// Applies a change.
    fn apply(&mut self, change: Self::Change);

    /// The changes that build this state from the default.
    fn changes(&self) -> Vec<Self::Change>;

    /// Approximate number of entries in the state.
    fn living(&self) -> usize;
}

/// A state and its write-ahead log.
pub(crate) struct DurableState<S: ReplayState> {
    wal: Wal<S::Change>,
    state: Mutex<S>,
    /// Notified of every commit.
    changed: Notify,
    initial_length: u64,
    activity: Arc<dyn ActivitySink>,
}

impl<S: ReplayState> DurableState<S> {
    /// Opens the log at this path and replays it.
    pub(crate) fn open(path: &Path, activity: Arc<dyn ActivitySink>) -> Result<Self, WalError> {
        let (wal, changes) = Wal::open(path)?;
        let initial_length = u64::try_from(changes.len()).unwrap_or_default();
        let mut state = S::default();
        changes.into_iter().for_each(|change| state.apply(change));
        Ok(Self { wal, state: Mutex::new(state), changed: Notify::new(), initial_length, activity })
    }

    /// A state without a log.
    pub(crate) fn in_memory(activity: Arc<dyn ActivitySink>) -> Self {
        let (wal, state) = (Wal::in_memory(), Mutex::default());
        Self { wal, state, changed: Notify::new(), initial_length: 0, activity }
    }

    /// Locks the state.
    pub(crate) fn state(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs these changes and applies them. When this fails, nothing has changed.
    pub(crate) fn commit(&self, state: &mut S, changes: Vec<S::Change>) -> Result<(), WalError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&changes)?;
        changes.into_iter().for_each(|change| state.apply(change));
        let length = self.wal.length();
        if length > SHORT_WAL && length > state.living() * 4 {
            // The change itself is logged, so a failed compaction does not fail the commit.
            if let Err(error) = self.wal.compact(&state.changes()) {
                self.activity.record(ActivityEvent::WalWriteFailed { message: error.to_string() });
            }
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Applies these changes even if they cannot be logged: at worst a restart repeats some work.
    pub(crate) fn commit_best_effort(&self, state: &mut S, changes: Vec<S::Change>) {
        if let Err(error) = self.commit(state, changes.clone()) {
            changes.into_iter().for_each(|change| state.apply(change));
            self.activity.record(ActivityEvent::WalWriteFailed { message: error.to_string() });
        }
    }

    /// Waits for the next commit. Returns at once if there was one since the last wait.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Number of records at the start. It is part of every generated id, so that two runs never generate the same one.
    pub(crate) fn initial_length(&self) -> u64 {
        self.initial_length
    }

    /// Number of records now.
    #[cfg(test)]
    pub(crate) fn length(&self) -> usize {
        self.wal.length()
    }
}
