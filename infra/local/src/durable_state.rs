//! What a service knows, with the write-ahead log from which it knows it again after a kill. A change is
//! first remembered and then true, and a write-ahead log that grew long over few things is written anew.

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

/// A write-ahead log shorter than this is never worth compacting.
const SHORT_WAL: usize = 4_096;

/// A state that comes from changes alone, so that the changes in the write-ahead log lead to it again.
pub(crate) trait ReplayState: Default + Send + 'static {
    /// One step, as the write-ahead log keeps it.
    type Change: Clone + Serialize + DeserializeOwned + Send + 'static;

    /// Takes the step.
    fn apply(&mut self, change: Self::Change);

    /// The changes that lead to this state from nothing.
    fn changes(&self) -> Vec<Self::Change>;

    /// How many things the state holds, roughly.
    fn living(&self) -> usize;
}

/// A state and its journal.
pub(crate) struct DurableState<S: ReplayState> {
    wal: Wal<S::Change>,
    state: Mutex<S>,
    /// Told of every change.
    changed: Notify,
    initial_length: u64,
    activity: Arc<dyn ActivitySink>,
}

impl<S: ReplayState> DurableState<S> {
    /// The durable state whose write-ahead log is at this path.
    pub(crate) fn open(path: &Path, activity: Arc<dyn ActivitySink>) -> Result<Self, WalError> {
        let (wal, changes) = Wal::open(path)?;
        let initial_length = u64::try_from(changes.len()).unwrap_or_default();
        let mut state = S::default();
        changes.into_iter().for_each(|change| state.apply(change));
        Ok(Self { wal, state: Mutex::new(state), changed: Notify::new(), initial_length, activity })
    }

    /// A durable state that forgets everything when it ends.
    pub(crate) fn in_memory(activity: Arc<dyn ActivitySink>) -> Self {
        let (wal, state) = (Wal::in_memory(), Mutex::default());
        Self { wal, state, changed: Notify::new(), initial_length: 0, activity }
    }

    /// What is known. Whoever holds it keeps everybody else from it.
    pub(crate) fn state(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes these changes together. When this fails, nothing has changed.
    pub(crate) fn commit(&self, state: &mut S, changes: Vec<S::Change>) -> Result<(), WalError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&changes)?;
        changes.into_iter().for_each(|change| state.apply(change));
        let length = self.wal.length();
        if length > SHORT_WAL && length > state.living() * 4 {
            // The change itself is remembered: a write-ahead log that stays long is no reason to refuse it.
            if let Err(error) = self.wal.compact(&state.changes()) {
                self.activity.record(ActivityEvent::WalWriteFailed { message: error.to_string() });
            }
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Makes these changes although they may not be remembered: at worst a restart repeats some work.
    pub(crate) fn commit_best_effort(&self, state: &mut S, changes: Vec<S::Change>) {
        if let Err(error) = self.commit(state, changes.clone()) {
            changes.into_iter().for_each(|change| state.apply(change));
            self.activity.record(ActivityEvent::WalWriteFailed { message: error.to_string() });
        }
    }

    /// Waits for the next change, or not at all if there was one since the last wait.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How long the write-ahead log was at the start: part of every id, so that no run repeats another's.
    pub(crate) fn initial_length(&self) -> u64 {
        self.initial_length
    }

    /// How long the write-ahead log is now.
    #[cfg(test)]
    pub(crate) fn length(&self) -> usize {
        self.wal.length()
    }
}
