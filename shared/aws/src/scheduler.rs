//! Timers on EventBridge Scheduler: one one-time schedule per timer, which publishes its message on the bus and is then
//! deleted. The schedule's name is derived from the timer's key, so a timer that is set twice is one schedule.
//!
//! A schedule's description has the version of the commit that set it, and a change of an older commit leaves it as it
//! is. The service has no conditional update, so the version is read before the change: two changes of one timer in the
//! same moment are kept in order by the log's stream, which hands the commits of one aggregate to one relay. What the
//! service has deleted it cannot compare; the relay asks the log for that, and a timer that fires all the same is
//! checked against the state by its handler.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_scheduler::{
    Client,
    error::{BuildError, SdkError},
    operation::get_schedule::GetScheduleOutput,
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

use crate::sdk_error::{CallError, sdk_error};

/// How far in the future a due time is moved that has passed, so that it is still to come when the service has it.
const PAST_DUE_DELAY: SignedDuration = SignedDuration::from_secs(5);

/// How many times setting a timer is attempted while its schedule is created and deleted concurrently.
const MAX_ATTEMPTS: u32 = 3;

/// The format of a one-time schedule expression. It has no fractions of a second.
const AT_FORMAT: &str = "at(%Y-%m-%dT%H:%M:%S)";

/// The configuration of schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// The name of the schedule group.
    pub group: String,
    /// The ARN of the role with which a schedule publishes on the bus.
    pub role_arn: String,
    /// The ARN of the bus.
    pub bus_arn: String,
    /// The ARN of the dead-letter queue for messages that a schedule could not publish.
    pub dead_letter_arn: String,
}

/// Timers on EventBridge Scheduler.
#[derive(Clone)]
pub struct SchedulerTimers {
    client: Client,
    clock: Arc<dyn Clock>,
    config: SchedulerConfig,
}

/// Sets the fields that the create and the update call share.
macro_rules! with_fields {
    ($self:ident, $call:expr, $timer:expr, $at:expr, $exact:expr) => {
        $call
            .name($timer.key.schedule_name())
            .group_name(&$self.config.group)
            .description(description($timer.version))
            .schedule_expression($at)
            .flexible_time_window($exact.clone())
            .action_after_completion(ActionAfterCompletion::Delete)
            .client_token($timer.envelope.event_id.as_str())
            .target($self.target($timer)?)
    };
}

impl SchedulerTimers {
    /// The timers in one schedule group.
    pub fn new(client: Client, clock: Arc<dyn Clock>, config: SchedulerConfig) -> Self {
        Self { client, clock, config }
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
            .arn(&self.config.bus_arn)
            .role_arn(&self.config.role_arn)
            .event_bridge_parameters(parameters)
            .input(input)
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.config.dead_letter_arn).build())
            .retry_policy(
                RetryPolicy::builder().maximum_retry_attempts(185).maximum_event_age_in_seconds(86_400).build(),
            )
            .build()
            .map_err(incomplete)
    }

    /// Creates the schedule, or updates it if it exists and no newer commit has set it. Returns false if it fired
    /// between the calls.
    async fn write(&self, timer: &Timer, at: &str) -> Result<bool, TimerError> {
        let exact = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(incomplete)?;
        let (create, update) = (self.client.create_schedule(), self.client.update_schedule());
        match with_fields!(self, create, timer, at, exact).send().await {
            Ok(_) => return Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => {}
            Err(error) => return Err(timer_error(sdk_error(error))),
        }
        match self.get(&timer.key.schedule_name()).await? {
            None => return Ok(false),
            Some(schedule) if version(&schedule) > timer.version => return Ok(true),
            Some(_) => {}
        }
        match with_fields!(self, update, timer, at, exact).send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(false),
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => Err(being_changed()),
            Err(error) => Err(timer_error(sdk_error(error))),
        }
    }

    async fn names(&self) -> Result<Vec<String>, TimerError> {
        let mut names = Vec::new();
        let mut page = None;
        loop {
            let call = self.client.list_schedules().group_name(&self.config.group).set_next_token(page);
            let listed = call.send().await.map_err(|error| timer_error(sdk_error(error)))?;
            names.extend(listed.schedules.into_iter().filter_map(|schedule| schedule.name));
            page = listed.next_token;
            if page.is_none() {
                return Ok(names);
            }
        }
    }

    /// The schedule; none if it no longer exists.
    async fn get(&self, name: &str) -> Result<Option<GetScheduleOutput>, TimerError> {
        let call = self.client.get_schedule().name(name).group_name(&self.config.group);
        match call.send().await {
            Ok(schedule) => Ok(Some(schedule)),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(None),
            Err(error) => Err(timer_error(sdk_error(error))),
        }
    }
}

#[async_trait]
impl Timers for SchedulerTimers {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        let at = at_expression(timer.due, self.clock.now());
        for _ in 0..MAX_ATTEMPTS {
            if self.write(timer, &at).await? {
                return Ok(());
            }
        }
        Err(TimerError::Unavailable("the schedule was created and deleted repeatedly".into()))
    }

    async fn cancel(&self, key: &TimerKey, by: u64) -> Result<(), TimerError> {
        match self.get(&key.schedule_name()).await? {
            Some(schedule) if version(&schedule) <= by => {}
            Some(_) | None => return Ok(()),
        }
        let call = self.client.delete_schedule().name(key.schedule_name()).group_name(&self.config.group);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conflict_exception() => Err(being_changed()),
            Err(error) => Err(timer_error(sdk_error(error))),
        }
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        let mut pending = Vec::new();
        for schedule_name in self.names().await? {
            if let Some(schedule) = self.get(&schedule_name).await? {
                let expression = schedule.schedule_expression.unwrap_or_default();
                let due = parse_due(&expression).map_err(|error| refused("UNREADABLE", &error))?;
                pending.push(Pending { schedule_name, due });
            }
        }
        pending.sort_by(|one, other| one.schedule_name.cmp(&other.schedule_name));
        Ok(pending)
    }
}

/// The due time as a schedule expression, rounded up to whole seconds so that a timer never fires early.
fn at_expression(due: Timestamp, now: Timestamp) -> String {
    let due = if due <= now { now.saturating_add(PAST_DUE_DELAY).unwrap_or(now) } else { due };
    let round_up = i64::from(due.subsec_nanosecond() > 0);
    let whole = Timestamp::from_second(due.as_second() + round_up).unwrap_or(due);
    whole.strftime(AT_FORMAT).to_string()
}

/// Parses the due time of a one-time schedule expression: `at(2026-01-02T03:04:05)`, in UTC.
pub fn parse_due(expression: &str) -> Result<Timestamp, jiff::Error> {
    let due = jiff::civil::DateTime::strptime(AT_FORMAT, expression)?;
    Ok(due.to_zoned(TimeZone::UTC)?.timestamp())
}

/// The description of a schedule that the commit of this version sets.
fn description(version: u64) -> String {
    format!("version {version}")
}

/// The version of the commit that set the schedule; 0 if it does not say.
fn version(schedule: &GetScheduleOutput) -> u64 {
    let description = schedule.description.as_deref().unwrap_or_default();
    description.strip_prefix("version ").and_then(|version| version.parse().ok()).unwrap_or_default()
}

fn being_changed() -> TimerError {
    TimerError::Unavailable("another call is changing the schedule".into())
}

fn timer_error(error: CallError) -> TimerError {
    match error {
        CallError::Transient(error) => TimerError::Unavailable(error),
        CallError::Permanent { code, reason } => TimerError::Refused { code, reason },
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
