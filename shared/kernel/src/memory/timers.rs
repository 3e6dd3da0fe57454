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
    set: Mutex<BTreeMap<TimerKey, Timer>>,
}

impl MemoryTimers {
    /// Takes out the due timers, the earliest first.
    pub fn due(&self, now: Timestamp) -> Vec<Timer> {
        let mut set = lock(&self.set);
        let (mut due, later) =
            std::mem::take(&mut *set).into_values().partition::<Vec<Timer>, _>(|timer| timer.due <= now);
        *set = later.into_iter().map(|timer| (timer.key.clone(), timer)).collect();
        due.sort_by_key(|timer| timer.due);
        due
    }

    /// When the next timer is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        lock(&self.set).values().map(|timer| timer.due).min()
    }

    /// The pending timers, in the order of their keys.
    pub fn pending(&self) -> Vec<Timer> {
        lock(&self.set).values().cloned().collect()
    }
}

#[async_trait]
impl Timers for MemoryTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        lock(&self.set).insert(timer.key.clone(), timer.clone());
        Ok(())
    }

    async fn cancel(&self, key: &TimerKey) -> Result<(), TimerError> {
        lock(&self.set).remove(key);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        let set = lock(&self.set);
        Ok(set.values().map(|timer| Pending { schedule_name: timer.key.schedule_name(), due: timer.due }).collect())
    }
}
