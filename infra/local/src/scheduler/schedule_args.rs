//! The arguments of `CreateSchedule` and `UpdateSchedule`, and their validation.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    aws_error::AwsError,
    delivery::retry_policy::RetryPolicy,
    events::{
        request::{invalid, required},
        target::TargetKind,
    },
    schedule::{Expression, Schedule},
};

use super::stored_schedule::{PUT_EVENTS, StoredSchedule, Target};

/// The maximum length of the name of a schedule or group.
const MAX_NAME_LENGTH: usize = 64;

/// The longest time by which a start date may lie in the past.
const MAX_START_AGE: SignedDuration = SignedDuration::from_mins(5);

/// The arguments of `CreateSchedule` and `UpdateSchedule`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScheduleArgs {
    name: Option<String>,
    group_name: Option<String>,
    schedule_expression: Option<String>,
    schedule_expression_timezone: Option<String>,
    start_date: Option<Value>,
    end_date: Option<Value>,
    description: Option<String>,
    state: Option<String>,
    flexible_time_window: Option<FlexibleTimeWindow>,
    action_after_completion: Option<String>,
    target: Option<Target>,
    client_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FlexibleTimeWindow {
    mode: Option<String>,
    maximum_window_in_minutes: Option<u32>,
}

impl ScheduleArgs {
    /// Validates the arguments and returns the schedule, created now.
    pub(super) fn into_schedule(self, now: Timestamp) -> Result<StoredSchedule, AwsError> {
        let name = checked_name(required("name", self.name)?)?;
        let expression = required("scheduleExpression", self.schedule_expression)?;
        let target = required("target", self.target)?;
        check_target(&target)?;
        let (start, end) = (timestamp("StartDate", self.start_date)?, timestamp("EndDate", self.end_date)?);
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            return Err(invalid("The EndDate must come after the StartDate."));
        }
        let zone = self.schedule_expression_timezone.filter(|zone| !zone.is_empty());
        let rejected = |reason: &str| invalid(format!("Invalid Schedule Expression {expression}. Reason: {reason}"));
        let parsed = Schedule::for_scheduler(&expression, zone.as_deref(), start.unwrap_or(now), end)
            .map_err(|error| rejected(&error.to_string()))?;
        match parsed.expression() {
            Expression::At(_) if parsed.first().is_none_or(|time| time < now) => {
                return Err(rejected("the time is in the past"));
            }
            Expression::Rate(_) | Expression::Cron(_)
                if start.is_some_and(|start| now.duration_since(start) > MAX_START_AGE) =>
            {
                return Err(invalid("The StartDate you specify cannot be earlier than 5 minutes ago."));
            }
            Expression::At(_) | Expression::Rate(_) | Expression::Cron(_) => {}
        }
        let schedule = StoredSchedule {
            group: self.group_name.unwrap_or_else(|| "default".to_owned()),
            name,
            expression,
            zone,
            start,
            end,
            description: self.description,
            enabled: one_of("state", self.state.as_deref().unwrap_or("ENABLED"), ["ENABLED", "DISABLED"])? == "ENABLED",
            window: window(&required("flexibleTimeWindow", self.flexible_time_window)?)?,
            delete_after: {
                let after = self.action_after_completion.as_deref().unwrap_or("NONE");
                one_of("actionAfterCompletion", after, ["NONE", "DELETE"])? == "DELETE"
            },
            target,
            token: self.client_token,
            created: now,
            modified: now,
            next: None,
        };
        let next = schedule.first_firing();
        Ok(StoredSchedule { next, ..schedule })
    }
}

/// Returns the name if it is valid for a schedule or group.
pub(super) fn checked_name(name: String) -> Result<String, AwsError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    match !name.is_empty() && name.len() <= MAX_NAME_LENGTH && name.chars().all(allowed) {
        true => Ok(name),
        false => Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [0-9a-zA-Z-_.]+ and have length less than or equal to {MAX_NAME_LENGTH}"
        ))),
    }
}

fn one_of<'v>(field: &str, value: &'v str, allowed: [&str; 2]) -> Result<&'v str, AwsError> {
    match allowed.contains(&value) {
        true => Ok(value),
        false => Err(invalid(format!(
            "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must satisfy \
             enum value set: [{}]",
            allowed.join(", ")
        ))),
    }
}

fn window(window: &FlexibleTimeWindow) -> Result<Option<u32>, AwsError> {
    let mode = one_of("flexibleTimeWindow.mode", window.mode.as_deref().unwrap_or_default(), ["OFF", "FLEXIBLE"])?;
    match (mode, window.maximum_window_in_minutes) {
        ("OFF", None) => Ok(None),
        ("OFF", Some(_)) => Err(invalid("MaximumWindowInMinutes is not allowed when the mode is OFF.")),
        (_, Some(minutes)) if (1..=1_440).contains(&minutes) => Ok(Some(minutes)),
        _ => Err(invalid("MaximumWindowInMinutes must be between 1 and 1440 when the mode is FLEXIBLE.")),
    }
}

fn timestamp(field: &str, given: Option<Value>) -> Result<Option<Timestamp>, AwsError> {
    let parsed = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        // A schedule keeps whole seconds.
        Some(other) => other.as_f64().and_then(|seconds| {
            let since_epoch = SignedDuration::try_from_secs_f64(seconds.floor()).ok()?;
            Timestamp::from_duration(since_epoch).ok()
        }),
    };
    parsed.map(Some).ok_or_else(|| invalid(format!("{field} is not a timestamp.")))
}

fn check_target(target: &Target) -> Result<(), AwsError> {
    let kind = TargetKind::of(&target.arn);
    if kind.is_none() && target.arn != PUT_EVENTS {
        return Err(invalid(format!("Provided Arn {} is not in correct format or not supported.", target.arn)));
    }
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let needs_json = kind == Some(TargetKind::Bus) || target.arn == PUT_EVENTS;
    if needs_json && !target.input.as_deref().is_some_and(is_json) {
        return Err(invalid(format!("The Input for the target {} must be JSON.", target.arn)));
    }
    match (&target.event_bridge_parameters, kind == Some(TargetKind::Bus)) {
        (None, true) => return Err(invalid("EventBridgeParameters must be provided for an event bus as target.")),
        (Some(_), false) => return Err(invalid("EventBridgeParameters are only for an event bus as target.")),
        (Some(event), true) if event.source.is_empty() || event.source.starts_with("aws.") => {
            return Err(invalid("The Source of an event must not be empty and not begin with aws."));
        }
        (Some(event), true) if event.detail_type.is_empty() || event.detail_type.chars().count() > 128 => {
            return Err(invalid("The DetailType of an event must have between 1 and 128 characters."));
        }
        (Some(_), true) | (None, false) => {}
    }
    target.retry_policy.as_ref().and_then(RetryPolicy::validation_error).map_or(Ok(()), |reason| Err(invalid(reason)))
}
