//! What a service knows, with the journal from which it knows it again after a kill. A change is
//! first remembered and then true, and a journal that grew long over few things is written anew.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use crate::{
    feed::{Feed, News},
    journal::{Journal, JournalError},
};

/// A journal shorter than this is never worth compacting.
const SHORT_JOURNAL: usize = 4_096;

/// A state that comes from changes alone, so that the changes in the journal lead to it again.
pub(crate) trait Remembered: Default + Send + 'static {
    /// One step, as the journal keeps it.
    type Change: Clone + Serialize + DeserializeOwned + Send + 'static;

    /// Takes the step.
    fn apply(&mut self, change: Self::Change);

    /// The changes that lead to this state from nothing.
    fn changes(&self) -> Vec<Self::Change>;

    /// How many things the state holds, roughly.
    fn living(&self) -> usize;
}

/// A state and its journal.
pub(crate) struct Ledger<S: Remembered> {
    journal: Journal<S::Change>,
    state: Mutex<S>,
    /// Told of every change.
    changed: Notify,
    began_with: u64,
    feed: Arc<dyn Feed>,
}

impl<S: Remembered> Ledger<S> {
    /// The ledger whose journal is at this path.
    pub(crate) fn open(path: &Path, feed: Arc<dyn Feed>) -> Result<Self, JournalError> {
        let (journal, changes) = Journal::open(path)?;
        let began_with = u64::try_from(changes.len()).unwrap_or_default();
        let mut state = S::default();
        changes.into_iter().for_each(|change| state.apply(change));
        Ok(Self { journal, state: Mutex::new(state), changed: Notify::new(), began_with, feed })
    }

    /// A ledger that forgets everything when it ends.
    pub(crate) fn in_memory(feed: Arc<dyn Feed>) -> Self {
        let (journal, state) = (Journal::in_memory(), Mutex::default());
        Self { journal, state, changed: Notify::new(), began_with: 0, feed }
    }

    /// What is known. Whoever holds it keeps everybody else from it.
    pub(crate) fn state(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes these changes together. When this fails, nothing has changed.
    pub(crate) fn commit(&self, state: &mut S, changes: Vec<S::Change>) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.journal.append_all(&changes)?;
        changes.into_iter().for_each(|change| state.apply(change));
        let length = self.journal.length();
        if length > SHORT_JOURNAL && length > state.living() * 4 {
            // The change itself is remembered: a journal that stays long is no reason to refuse it.
            if let Err(error) = self.journal.compact(&state.changes()) {
                self.feed.tell(News::NotRemembered { message: error.to_string() });
            }
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Makes these changes although they may not be remembered: at worst a restart repeats some work.
    pub(crate) fn commit_or_go_on(&self, state: &mut S, changes: Vec<S::Change>) {
        if let Err(error) = self.commit(state, changes.clone()) {
            changes.into_iter().for_each(|change| state.apply(change));
            self.feed.tell(News::NotRemembered { message: error.to_string() });
        }
    }

    /// Waits for the next change, or not at all if there was one since the last wait.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How long the journal was at the start: part of every id, so that no run repeats another's.
    pub(crate) fn began_with(&self) -> u64 {
        self.began_with
    }

    /// How long the journal is now.
    #[cfg(test)]
    pub(crate) fn length(&self) -> usize {
        self.journal.length()
    }
}
