//! [`MemoryTimers`]: timers in memory; the caller takes out the ones that are due.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    memory::lock::lock,
    time::{Pending, Timer, TimerError, TimerKey, Timers},
};

/// Timers in memory.
#[derive(Debug, Default)]
pub struct MemoryTimers {
    changes: Mutex<BTreeMap<TimerKey, Change>>,
}

/// The newest change of a timer. It stays after the timer is cancelled or has fired, so that an older change is known.
#[derive(Debug)]
struct Change {
    version: u64,
    set: Option<Timer>,
}

impl MemoryTimers {
    /// Takes out the due timers, the earliest first.
    pub fn due(&self, now: Timestamp) -> Vec<Timer> {
        let mut changes = lock(&self.changes);
        let due = |change: &mut Change| change.set.take_if(|timer| timer.due <= now);
        let mut due: Vec<Timer> = changes.values_mut().filter_map(due).collect();
        due.sort_by_key(|timer| timer.due);
        due
    }

    /// When the next timer is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        lock(&self.changes).values().filter_map(|change| Some(change.set.as_ref()?.due)).min()
    }

    /// The pending timers, in the order of their keys.
    pub fn pending(&self) -> Vec<Timer> {
        lock(&self.changes).values().filter_map(|change| change.set.clone()).collect()
    }

    fn change(&self, key: &TimerKey, version: u64, set: Option<Timer>) {
        let mut changes = lock(&self.changes);
        if changes.get(key).is_none_or(|newest| newest.version <= version) {
            changes.insert(key.clone(), Change { version, set });
        }
    }
}

#[async_trait]
impl Timers for MemoryTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        self.change(&timer.key, timer.version, Some(timer.clone()));
        Ok(())
    }

    async fn cancel(&self, key: &TimerKey, version: u64) -> Result<(), TimerError> {
        self.change(key, version, None);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        let pending = self.pending().into_iter();
        Ok(pending.map(|timer| Pending { schedule_name: timer.key.schedule_name(), due: timer.due }).collect())
    }
}
