//! [`SimTimers`]: timers that fire late, sometimes twice, and sometimes although they were cancelled or moved.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::{bus::SimBus, fault_plan::FaultPlan};
use crate::{
    delivery::Entry,
    memory::MemoryTimers,
    time::{Clock, Pending, Timer, TimerError, TimerKey, Timers},
};

/// The timers of a simulation; a clone shares them.
#[derive(Clone)]
pub struct SimTimers {
    set: Arc<MemoryTimers>,
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
}

impl SimTimers {
    /// Timers that publish on this bus.
    pub fn new(fault_plan: &FaultPlan, bus: &Arc<SimBus>) -> Self {
        Self { set: Arc::default(), fault_plan: fault_plan.clone(), bus: Arc::clone(bus) }
    }

    /// The timers that are set.
    pub fn pending(&self) -> Vec<Timer> {
        self.set.pending()
    }

    /// Waits until the timer is due and publishes its message, unless it was cancelled or moved.
    async fn fire(self, timer: Timer) {
        let FaultPlan { schedule, rng, .. } = &self.fault_plan;
        let until_due = timer.due.duration_since(schedule.now()).max(SignedDuration::ZERO);
        schedule.sleep(until_due + rng.up_to(SignedDuration::from_secs(60))).await;
        let is_set = self.set.pending().iter().any(|set| {
            set.key == timer.key && set.due == timer.due && set.envelope.event_id == timer.envelope.event_id
        });
        if !is_set && !self.fault_plan.occurs(self.fault_plan.faults().stale_timers) {
            return;
        }
        if is_set && self.set.cancel(&timer.key, timer.version).await.is_err() {
            return;
        }
        let entry = Entry::from_context(timer.key.stream.context(), timer.envelope);
        self.bus.note(|run_log| run_log.fired += 1);
        self.bus.accept(&entry);
        if self.fault_plan.occurs(self.fault_plan.faults().doubled) {
            schedule.sleep(rng.up_to(SignedDuration::from_mins(5))).await;
            self.bus.accept(&entry);
        }
    }
}

#[async_trait]
impl Timers for SimTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        self.set.set(timer).await?;
        self.fault_plan.schedule.spawn(self.clone().fire(timer.clone()));
        Ok(())
    }

    async fn cancel(&self, key: &TimerKey, version: u64) -> Result<(), TimerError> {
        self.set.cancel(key, version).await
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.set.list().await
    }
}
