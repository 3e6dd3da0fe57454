//! EventBridge Scheduler: single times and recurring ones, each with one target, retries and a
//! dead-letter queue. A time that passes while nobody runs is made up for at the next start.

mod driver;
mod group_calls;
mod hand_over;
mod plan;
mod refusal;
mod schedule_calls;
mod state;
#[cfg(test)]
mod tests;
mod wanted;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    aws_error::AwsError, delivery::is_quiet, journal::JournalError, ledger::Ledger, ports::PutOnBus, quiet::Quiet,
    surroundings::Surroundings,
};

use state::{Change, Group, State};

/// The service.
pub struct Scheduler {
    around: Surroundings,
    buses: Arc<dyn PutOnBus>,
    ledger: Ledger<State>,
}

impl Scheduler {
    /// Opens the service with its journal at this path. Nothing fires until [`Scheduler::run`] runs.
    pub fn open(
        path: impl AsRef<Path>,
        around: Surroundings,
        buses: Arc<dyn PutOnBus>,
    ) -> Result<Arc<Self>, JournalError> {
        Self::with(Ledger::open(path.as_ref(), Arc::clone(&around.feed))?, around, buses)
    }

    /// A service that forgets everything when it ends.
    pub fn in_memory(around: Surroundings, buses: Arc<dyn PutOnBus>) -> Result<Arc<Self>, JournalError> {
        Self::with(Ledger::in_memory(Arc::clone(&around.feed)), around, buses)
    }

    fn with(ledger: Ledger<State>, around: Surroundings, buses: Arc<dyn PutOnBus>) -> Result<Arc<Self>, JournalError> {
        {
            let mut state = ledger.state();
            if !state.groups.contains_key("default") {
                let group = Group { name: "default".to_owned(), created: around.clock.now() };
                ledger.commit(&mut state, vec![Change::Group(group)])?;
            }
        }
        Ok(Arc::new(Self { around, buses, ledger }))
    }

    /// Answers one call of the API. The service takes fields from the path, the query and the body;
    /// here all of them stand in one object.
    pub async fn handle(&self, operation: &str, fields: Value) -> Result<Value, AwsError> {
        match operation {
            "CreateSchedule" => self.create_schedule(fields),
            "UpdateSchedule" => self.update_schedule(fields),
            "GetSchedule" => self.get_schedule(fields),
            "DeleteSchedule" => self.delete_schedule(fields),
            "ListSchedules" => self.list_schedules(fields),
            "CreateScheduleGroup" => self.create_schedule_group(fields),
            "GetScheduleGroup" => self.get_schedule_group(fields),
            "ListScheduleGroups" => self.list_schedule_groups(fields),
            "DeleteScheduleGroup" => self.delete_schedule_group(fields),
            _ => Err(AwsError::sender("UnknownOperationException", format!("{operation} is not known here."))),
        }
    }

    /// How many executions have not ended.
    pub fn under_way(&self) -> usize {
        self.ledger.state().outbox.len()
    }
}

#[async_trait]
impl Quiet for Scheduler {
    async fn is_quiet(&self, now: Timestamp) -> bool {
        is_quiet(self, now)
    }
}
