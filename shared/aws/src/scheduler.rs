//! The timers on EventBridge Scheduler: one schedule per timer, that says its message on the bus once and goes.
//! The name follows from the timer's key, so setting it twice is one schedule, and cancelling needs no memory.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_scheduler::{
    Client,
    error::{BuildError, SdkError},
    types::{
        ActionAfterCompletion, DeadLetterConfig, EventBridgeParameters, FlexibleTimeWindow, FlexibleTimeWindowMode,
        RetryPolicy, Target,
    },
};
use causeway::{
    delivery::bus::source_of,
    failure::causes,
    time::{
        clock::Clock,
        timers::{Pending, Timer, TimerError, TimerKey, Timers},
    },
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::refusal::{Refusal, refusal};

/// A due time that has passed is moved so far behind now: the service refuses to look back.
const SOON: SignedDuration = SignedDuration::from_secs(5);

/// How often a timer is set anew when it comes and goes meanwhile.
const ROUNDS: u32 = 3;

/// How a due time is written. A schedule knows no fractions of a second.
const AT: &str = "at(%Y-%m-%dT%H:%M:%S)";

/// Where the schedules stand and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// The schedule group.
    pub group: String,
    /// The role under which a schedule speaks on the bus.
    pub role_arn: String,
    /// The bus it speaks on.
    pub bus_arn: String,
    /// The queue for what it could not say.
    pub dead_letter_arn: String,
}

/// The timers on EventBridge Scheduler.
#[derive(Clone)]
pub struct SchedulerTimers {
    client: Client,
    clock: Arc<dyn Clock>,
    scheduling: Scheduling,
}

enum Written {
    Done,
    /// For a creation: it is there already. For a change: it is gone.
    Otherwise,
}

impl SchedulerTimers {
    /// The timers of one schedule group.
    pub fn new(client: Client, clock: Arc<dyn Clock>, scheduling: Scheduling) -> Self {
        Self { client, clock, scheduling }
    }

    fn target(&self, timer: &Timer) -> Result<Target, TimerError> {
        let envelope = &timer.envelope;
        let input = serde_json::to_string(envelope).map_err(|error| refused("UNWRITABLE", &error))?;
        let parameters = EventBridgeParameters::builder()
            .detail_type(&envelope.event_type)
            .source(source_of(timer.key.stream.context()))
            .build()
            .map_err(incomplete)?;
        Target::builder()
            .arn(&self.scheduling.bus_arn)
            .role_arn(&self.scheduling.role_arn)
            .event_bridge_parameters(parameters)
            .input(input)
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.scheduling.dead_letter_arn).build())
            .retry_policy(
                RetryPolicy::builder().maximum_retry_attempts(185).maximum_event_age_in_seconds(86_400).build(),
            )
            .build()
            .map_err(incomplete)
    }

    async fn create(&self, timer: &Timer, at: &str) -> Result<Written, TimerError> {
        let call = self
            .client
            .create_schedule()
            .name(timer.key.schedule_name())
            .group_name(&self.scheduling.group)
            .schedule_expression(at)
            .flexible_time_window(on_time()?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .client_token(timer.envelope.event_id.as_str())
            .target(self.target(timer)?);
        match call.send().await {
            Ok(_) => Ok(Written::Done),
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => Ok(Written::Otherwise),
            Err(error) => Err(timer_error(refusal(error))),
        }
    }

    async fn change(&self, timer: &Timer, at: &str) -> Result<Written, TimerError> {
        let call = self
            .client
            .update_schedule()
            .name(timer.key.schedule_name())
            .group_name(&self.scheduling.group)
            .schedule_expression(at)
            .flexible_time_window(on_time()?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .client_token(timer.envelope.event_id.as_str())
            .target(self.target(timer)?);
        match call.send().await {
            Ok(_) => Ok(Written::Done),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => {
                Ok(Written::Otherwise)
            }
            // Somebody else is changing it at this moment.
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => {
                Err(TimerError::Unavailable("the schedule is being changed".into()))
            }
            Err(error) => Err(timer_error(refusal(error))),
        }
    }

    async fn names(&self) -> Result<Vec<String>, TimerError> {
        let mut names = Vec::new();
        let mut page = None;
        loop {
            let call = self.client.list_schedules().group_name(&self.scheduling.group).set_next_token(page);
            let listed = call.send().await.map_err(|error| timer_error(refusal(error)))?;
            names.extend(listed.schedules.into_iter().filter_map(|schedule| schedule.name));
            page = listed.next_token;
            if page.is_none() {
                return Ok(names);
            }
        }
    }

    /// When the schedule is due; none if it went meanwhile.
    async fn due(&self, name: &str) -> Result<Option<Timestamp>, TimerError> {
        let call = self.client.get_schedule().name(name).group_name(&self.scheduling.group);
        match call.send().await {
            Ok(schedule) => {
                let expression = schedule.schedule_expression.unwrap_or_default();
                due_of(&expression).map(Some).map_err(|error| refused("UNREADABLE", &error))
            }
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(None),
            Err(error) => Err(timer_error(refusal(error))),
        }
    }
}

#[async_trait]
impl Timers for SchedulerTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        let at = write_at(timer.due, self.clock.now());
        for _ in 0..ROUNDS {
            if let Written::Done = self.create(timer, &at).await? {
                return Ok(());
            }
            if let Written::Done = self.change(timer, &at).await? {
                return Ok(());
            }
        }
        Err(TimerError::Unavailable("the schedule comes and goes".into()))
    }

    async fn cancel(&self, key: &TimerKey) -> Result<(), TimerError> {
        let call = self.client.delete_schedule().name(key.schedule_name()).group_name(&self.scheduling.group);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => {
                Err(TimerError::Unavailable("the schedule is being changed".into()))
            }
            Err(error) => Err(timer_error(refusal(error))),
        }
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        let mut pending = Vec::new();
        for schedule_name in self.names().await? {
            if let Some(due) = self.due(&schedule_name).await? {
                pending.push(Pending { schedule_name, due });
            }
        }
        pending.sort_by(|one, other| one.schedule_name.cmp(&other.schedule_name));
        Ok(pending)
    }
}

/// The due time as an expression: never early, so a fraction counts as a whole second.
fn write_at(due: Timestamp, now: Timestamp) -> String {
    let due = if due <= now { now.saturating_add(SOON).unwrap_or(now) } else { due };
    let begun = i64::from(due.subsec_nanosecond() > 0);
    let whole = Timestamp::from_second(due.as_second() + begun).unwrap_or(due);
    whole.strftime(AT).to_string()
}

/// When a schedule that is said once is due.
pub fn due_of(expression: &str) -> Result<Timestamp, jiff::Error> {
    let due = jiff::civil::DateTime::strptime(AT, expression)?;
    Ok(due.to_zoned(TimeZone::UTC)?.timestamp())
}

fn on_time() -> Result<FlexibleTimeWindow, TimerError> {
    FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(incomplete)
}

fn timer_error(refusal: Refusal) -> TimerError {
    match refusal {
        Refusal::Passing(error) => TimerError::Unavailable(error),
        Refusal::Final { code, reason } => TimerError::Refused { code, reason },
    }
}

fn incomplete(error: BuildError) -> TimerError {
    refused("INCOMPLETE", &error)
}

fn refused(code: &str, error: &dyn std::error::Error) -> TimerError {
    TimerError::Refused { code: code.to_owned(), reason: causes(error) }
}

#[cfg(test)]
mod tests;
