//! EventBridge Scheduler: one-time and recurring schedules, each with one target, a retry policy and a dead-letter
//! queue. A firing that was missed while the process was down happens at the next start.

mod api;
mod executions;
mod schedule_args;
mod state;
mod stored_schedule;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    aws_error::AwsError, delivery::is_idle, durable_state::DurableState, idle::Idle, interfaces::PutOnBus,
    service_context::ServiceContext, wal::WalError,
};

use state::{Change, Group, State};

/// The service.
pub struct Scheduler {
    ctx: ServiceContext,
    buses: Arc<dyn PutOnBus>,
    durable: DurableState<State>,
}

impl Scheduler {
    /// Opens the service with its state stored at this path. Schedules fire only while [`Scheduler::run`] runs.
    pub fn open(path: impl AsRef<Path>, ctx: ServiceContext, buses: Arc<dyn PutOnBus>) -> Result<Arc<Self>, WalError> {
        Self::with(DurableState::open(path.as_ref(), Arc::clone(&ctx.activity))?, ctx, buses)
    }

    /// Creates a service whose state is lost with the process.
    pub fn in_memory(ctx: ServiceContext, buses: Arc<dyn PutOnBus>) -> Result<Arc<Self>, WalError> {
        Self::with(DurableState::in_memory(Arc::clone(&ctx.activity)), ctx, buses)
    }

    fn with(
        durable: DurableState<State>,
        ctx: ServiceContext,
        buses: Arc<dyn PutOnBus>,
    ) -> Result<Arc<Self>, WalError> {
        {
            let mut state = durable.state();
            if !state.groups.contains_key("default") {
                let group = Group { name: "default".to_owned(), created: ctx.clock.now() };
                durable.commit(&mut state, vec![Change::Group(group)])?;
            }
        }
        Ok(Arc::new(Self { ctx, buses, durable }))
    }

    /// Handles one API operation. `fields` holds the request's fields from the path, the query string and the body.
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
            _ => Err(AwsError::sender(
                "UnknownOperationException",
                format!("The operation {operation} is not supported."),
            )),
        }
    }

    /// The number of executions that have not ended.
    pub fn pending_executions(&self) -> usize {
        self.durable.state().outbox.len()
    }
}

#[async_trait]
impl Idle for Scheduler {
    async fn is_idle(&self, now: Timestamp) -> bool {
        is_idle(self, now)
    }
}
