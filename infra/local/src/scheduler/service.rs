//! The scheduler and its executions: each firing of a schedule is an execution, which is delivered to the schedule's
//! target.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    arn::bus_name,
    delivery::{
        self, DeliveryService,
        outbox::{Outbox, planned_progress},
    },
    events::{envelope::format_time, target::TargetKind},
    faults::Part,
    interfaces::{NewEvent, NewMessage, PutOnBus, ServiceContext, TargetError},
    rng,
    wal::{DurableState, WalError},
};

use super::state::{Change, Execution, Group, State, StoredSchedule};

/// The input of the universal target `PUT_EVENTS`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: String,
    detail_type: String,
    detail: String,
    #[serde(default)]
    resources: Vec<String>,
    event_bus_name: Option<String>,
}

/// The service.
pub struct Scheduler {
    pub(super) ctx: ServiceContext,
    buses: Arc<dyn PutOnBus>,
    pub(super) durable: DurableState<State>,
}

impl Scheduler {
    /// Opens the service with its state stored at this path. Without a path it is lost with the process. Schedules fire
    /// only while [`Scheduler::run`] runs.
    pub fn open(path: Option<&Path>, ctx: ServiceContext, buses: Arc<dyn PutOnBus>) -> Result<Arc<Self>, WalError> {
        let durable: DurableState<State> = DurableState::open(path)?;
        let mut state = durable.state();
        if !state.groups.contains_key("default") {
            let group = Group { name: "default".to_owned(), created: ctx.clock.now() };
            durable.commit(&mut state, vec![Change::Group(group)])?;
        }
        drop(state);
        Ok(Arc::new(Self { ctx, buses, durable }))
    }

    /// The number of executions that have not ended.
    pub fn pending_executions(&self) -> usize {
        self.durable.state().outbox.len()
    }

    /// Fires schedules until the future is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        delivery::run(self).await;
    }

    /// The executions of one firing: one, or two when a planned fault duplicates it.
    fn executions(
        &self,
        state: &mut State,
        schedule: &StoredSchedule,
        planned: Timestamp,
        now: Timestamp,
    ) -> Vec<Execution> {
        let number = state.outbox.new_number();
        let fired = u64::try_from(now.as_nanosecond()).unwrap_or_default();
        let window = f64::from(schedule.window.unwrap_or_default()) * 60.0;
        let offset = SignedDuration::from_secs_f64(window * rng::unit_f64(self.ctx.seed, &[number]));
        let due = planned.checked_add(offset).unwrap_or(Timestamp::MAX).max(now);
        let policy = schedule.target.retry_policy.unwrap_or_default();
        let execution = |progress| Execution {
            id: rng::uuid(self.ctx.seed, &[self.durable.initial_length(), fired, number]),
            schedule: schedule.key(),
            schedule_arn: schedule.arn(&self.ctx.account_region),
            planned,
            began: due,
            target: schedule.target.clone(),
            progress,
        };
        let mut first = Some(number);
        let new_number = || first.take().unwrap_or_else(|| state.outbox.new_number());
        // One-time schedules have names of their own. Faults count firings, so they take the group for the schedule.
        let route = (schedule.group.as_str(), schedule.target.arn.as_str());
        let progress = planned_progress(&self.ctx.faults, Part::Scheduler, route, policy, due, new_number);
        progress.into_iter().map(execution).collect()
    }

    /// Puts the entries as `PutEvents` does: an entry that is rejected, or whose bus does not exist, fails nothing.
    async fn put_events(&self, input: &str) -> Result<(), TargetError> {
        let malformed = |error: serde_json::Error| TargetError::new("SerializationException", error.to_string(), false);
        let request: PutEvents = serde_json::from_str(input).map_err(malformed)?;
        for Entry { source, detail_type, detail, resources, event_bus_name } in request.entries {
            let bus = self.ctx.account_region.bus(bus_name(event_bus_name.as_deref().unwrap_or("default")));
            match self.buses.put(&bus, NewEvent { source, detail_type, detail, resources }).await {
                Err(error) if error.transient => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The target's input with the context attributes replaced, or the default event if the target has no input.
    fn input(&self, execution: &Execution) -> String {
        let planned = format_time(execution.planned);
        let Some(input) = &execution.target.input else {
            return serde_json::json!({
                "version": "0",
                "id": execution.id,
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": self.ctx.account_region.account,
                "time": planned,
                "region": self.ctx.account_region.region,
                "resources": [execution.schedule_arn],
                "detail": "{}",
            })
            .to_string();
        };
        let attempt = (execution.progress.attempts + 1).to_string();
        let values = [
            ("<aws.scheduler.schedule-arn>", execution.schedule_arn.as_str()),
            ("<aws.scheduler.scheduled-time>", &planned),
            ("<aws.scheduler.execution-id>", &execution.id),
            ("<aws.scheduler.attempt-number>", &attempt),
        ];
        values.into_iter().fold(input.clone(), |text, (name, value)| text.replace(name, value))
    }
}

#[async_trait]
impl DeliveryService for Scheduler {
    type Delivery = Execution;
    type State = State;

    fn ctx(&self) -> &ServiceContext {
        &self.ctx
    }

    fn durable(&self) -> &DurableState<State> {
        &self.durable
    }

    fn outbox(state: &mut State) -> &mut Outbox<Execution> {
        &mut state.outbox
    }

    /// Fires all due schedules. A recurring schedule that missed several firings fires once for all of them.
    fn fire_due(&self) {
        let now = self.ctx.clock.now();
        let mut state = self.durable.state();
        while let Some(schedule) = state.next_due(now) {
            let planned = schedule.next.unwrap_or(now);
            let next = schedule.firing_after(planned, now);
            let executions = self.executions(&mut state, &schedule, planned, now);
            let schedule = StoredSchedule { next, ..schedule };
            let executions = executions.into_iter().map(|execution| Change::Execution(Box::new(execution)));
            let changes = [Change::Schedule(Box::new(schedule))].into_iter().chain(executions).collect();
            self.commit_best_effort(&mut state, changes);
        }
    }

    fn next_firing(state: &State) -> Option<Timestamp> {
        state.next_firing()
    }

    async fn invoke_target(&self, execution: &Execution) -> Result<(), TargetError> {
        let arn = &execution.target.arn;
        let input = self.input(execution);
        match TargetKind::of(arn) {
            Some(TargetKind::Function) => self.ctx.functions.invoke_async(arn, input).await,
            Some(TargetKind::Queue) => {
                self.ctx.queues.send(arn, NewMessage { body: input, ..NewMessage::default() }).await
            }
            Some(TargetKind::Bus) => {
                let parameters = execution.target.event_bridge_parameters.clone().unwrap_or_default();
                let event = NewEvent {
                    source: parameters.source,
                    detail_type: parameters.detail_type,
                    detail: input,
                    resources: vec![execution.schedule_arn.clone()],
                };
                self.buses.put(arn, event).await
            }
            None => self.put_events(&input).await,
        }
    }

    fn dead_letter(&self, execution: &Execution) -> NewMessage {
        let attributes = [
            ("SCHEDULE_ARN", execution.schedule_arn.clone()),
            ("EXECUTION_ID", execution.id.clone()),
            ("SCHEDULED_TIME", format_time(execution.planned)),
            ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
        NewMessage { body: self.input(execution), attributes, ..NewMessage::default() }
    }

    fn attempted(execution: Execution) -> Change {
        Change::Execution(Box::new(execution))
    }

    /// Also deletes the schedule if this was its last execution and its action after completion is `DELETE`.
    fn ended(state: &State, execution: &Execution) -> Vec<Change> {
        let number = execution.progress.number;
        let mut changes = vec![Change::ExecutionEnded { number }];
        let is_sibling = |other: &Execution| other.schedule == execution.schedule && other.progress.number != number;
        let is_complete =
            |schedule: &&StoredSchedule| schedule.delete_after && schedule.enabled && schedule.next.is_none();
        if state.schedules.get(&execution.schedule).filter(is_complete).is_some() && !state.outbox.all().any(is_sibling)
        {
            changes.push(Change::ScheduleDeleted { key: execution.schedule.clone() });
        }
        changes
    }
}
