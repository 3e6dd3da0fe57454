//! Timers in bad weather: late, sometimes twice, and sometimes although they were cancelled or moved.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::{bus::SimBus, fault_plan::FaultPlan, rng::Rng, schedule::Schedule};
use crate::{
    delivery::bus::Entry,
    memory::MemoryTimers,
    time::{
        clock::Clock,
        timers::{Pending, Timer, TimerError, TimerKey, Timers},
    },
};

/// The timers of a simulated house.
pub struct SimTimers {
    set: Arc<MemoryTimers>,
    schedule: Schedule,
    rng: Rng,
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
}

impl SimTimers {
    /// Timers that speak on this bus.
    pub fn new(schedule: &Schedule, rng: &Rng, fault_plan: &FaultPlan, bus: &Arc<SimBus>) -> Self {
        Self {
            set: Arc::default(),
            schedule: schedule.clone(),
            rng: rng.clone(),
            fault_plan: fault_plan.clone(),
            bus: Arc::clone(bus),
        }
    }

    /// What is set.
    pub fn pending(&self) -> Vec<Timer> {
        self.set.pending()
    }
}

#[async_trait]
impl Timers for SimTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        self.set.set(timer).await?;
        let alarm = Alarm {
            set: Arc::clone(&self.set),
            schedule: self.schedule.clone(),
            rng: self.rng.clone(),
            fault_plan: self.fault_plan.clone(),
            bus: Arc::clone(&self.bus),
            timer: timer.clone(),
        };
        self.schedule.spawn(alarm.ring());
        Ok(())
    }

    async fn cancel(&self, key: &TimerKey) -> Result<(), TimerError> {
        self.set.cancel(key).await
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.set.list().await
    }
}

/// One timer, waiting for its time.
struct Alarm {
    set: Arc<MemoryTimers>,
    schedule: Schedule,
    rng: Rng,
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
    timer: Timer,
}

impl Alarm {
    async fn ring(self) {
        let until_due = self.timer.due.duration_since(self.schedule.now()).max(SignedDuration::ZERO);
        self.schedule.sleep(until_due + self.rng.up_to(SignedDuration::from_secs(60))).await;
        let set = self.set.pending();
        let still = set.iter().any(|set| {
            set.key == self.timer.key
                && set.due == self.timer.due
                && set.envelope.event_id == self.timer.envelope.event_id
        });
        if !still && !self.fault_plan.occurs(self.fault_plan.faults().stale_timers) {
            return;
        }
        if still && self.set.cancel(&self.timer.key).await.is_err() {
            return;
        }
        let entry = Entry::from_context(self.timer.key.stream.context(), self.timer.envelope);
        self.bus.note(|run_log| run_log.fired += 1);
        self.bus.take(&entry);
        if self.fault_plan.occurs(self.fault_plan.faults().doubled) {
            self.schedule.sleep(self.rng.up_to(SignedDuration::from_mins(5))).await;
            self.bus.take(&entry);
        }
    }
}
