//! The API operations on schedules and schedule groups, with the validation of their requests.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_error::{AwsError, read},
    delivery::retry_policy::RetryPolicy,
    events::{
        request::{Violation, check_constraints, invalid, list_response, required},
        target::TargetKind,
    },
    schedule::{Expression, Schedule, ScheduleError},
    wal::WalError,
};

use super::{
    service::Scheduler,
    state::{Change, Group, PUT_EVENTS, State, StoredSchedule, Target, key},
};

const MAX_NAME_LENGTH: usize = 64;
/// The longest time by which a start date may lie in the past.
const MAX_START_AGE: SignedDuration = SignedDuration::from_mins(5);

/// The fields of the requests. Each operation uses those that the API documents for it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    name: Option<String>,
    #[serde(alias = "groupName", alias = "ScheduleGroup")]
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
    name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FlexibleTimeWindow {
    mode: Option<String>,
    maximum_window_in_minutes: Option<u32>,
}

impl Scheduler {
    /// Handles one API operation. `fields` holds the request's fields from the path, the query string and the body.
    pub async fn handle(&self, operation: &str, fields: Value) -> Result<Value, AwsError> {
        match operation {
            "CreateSchedule" => self.create_schedule(read(fields)?),
            "UpdateSchedule" => self.update_schedule(read(fields)?),
            "GetSchedule" => self.get_schedule(read(fields)?),
            "DeleteSchedule" => self.delete_schedule(read(fields)?),
            "ListSchedules" => self.list_schedules(read(fields)?),
            "CreateScheduleGroup" => self.create_schedule_group(read(fields)?),
            "GetScheduleGroup" => self.get_schedule_group(read(fields)?),
            "ListScheduleGroups" => self.list_schedule_groups(read(fields)?),
            "DeleteScheduleGroup" => self.delete_schedule_group(read(fields)?),
            _ => Err(AwsError::sender(
                "UnknownOperationException",
                format!("The operation {operation} is not supported."),
            )),
        }
    }

    fn create_schedule(&self, request: Request) -> Result<Value, AwsError> {
        self.put_schedule(request, |schedule, existing| match existing {
            None => Ok(Some(schedule)),
            Some(existing) if schedule.is_repeat_of(existing) => Ok(None),
            Some(_) => Err(conflict("Schedule", &schedule.name)),
        })
    }

    fn update_schedule(&self, request: Request) -> Result<Value, AwsError> {
        self.put_schedule(request, |schedule, existing| match existing {
            Some(existing) => Ok(Some(StoredSchedule { created: existing.created, ..schedule })),
            None => Err(not_found("Schedule", &schedule.name)),
        })
    }

    /// Stores the schedule of this request. `resolve` gets it with the existing one of its name and returns what to
    /// store, if anything.
    fn put_schedule(
        &self,
        request: Request,
        resolve: impl FnOnce(StoredSchedule, Option<&StoredSchedule>) -> Result<Option<StoredSchedule>, AwsError>,
    ) -> Result<Value, AwsError> {
        let schedule = request.into_schedule(self.ctx.clock.now())?;
        let mut state = self.durable.state();
        check_group_exists(&state, &schedule.group)?;
        let arn = schedule.arn(&self.ctx.account_region);
        let existing = state.schedules.get(&schedule.key());
        if let Some(schedule) = resolve(schedule, existing)? {
            self.commit(&mut state, vec![Change::Schedule(Box::new(schedule))])?;
        }
        Ok(json!({ "ScheduleArn": arn }))
    }

    fn get_schedule(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        Ok(find_schedule(&state, request)?.describe(&self.ctx.account_region))
    }

    fn delete_schedule(&self, request: Request) -> Result<Value, AwsError> {
        let mut state = self.durable.state();
        let key = find_schedule(&state, request)?.key();
        self.commit(&mut state, vec![Change::ScheduleDeleted { key }])?;
        Ok(json!({}))
    }

    fn list_schedules(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        if let Some(group) = &request.group_name {
            check_group_exists(&state, group)?;
        }
        let matching = state.schedules.iter().filter(|(_, schedule)| {
            schedule.name.starts_with(request.name_prefix.as_deref().unwrap_or_default())
                && request.group_name.as_ref().is_none_or(|group| schedule.group == *group)
                && request.state.as_ref().is_none_or(|state| schedule.state() == state)
        });
        let summaries = matching.map(|(key, schedule)| (key.clone(), schedule.summary(&self.ctx.account_region)));
        let limit = request.max_results.as_ref().and_then(max_results);
        list_response("Schedules", summaries, request.next_token.as_deref(), limit)
    }

    fn create_schedule_group(&self, request: Request) -> Result<Value, AwsError> {
        let name = checked_name(required("name", request.name)?)?;
        let mut state = self.durable.state();
        if state.groups.contains_key(&name) {
            return Err(conflict("Schedule group", &name));
        }
        let arn = self.group_arn(&name);
        let group = Group { name, created: self.ctx.clock.now() };
        self.commit(&mut state, vec![Change::Group(group)])?;
        Ok(json!({ "ScheduleGroupArn": arn }))
    }

    fn get_schedule_group(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        let state = self.durable.state();
        let group = state.groups.get(&name).ok_or_else(|| not_found("Schedule group", &name))?;
        Ok(self.describe_group(group))
    }

    fn list_schedule_groups(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        let matching = state
            .groups
            .iter()
            .filter(|(name, _)| name.starts_with(request.name_prefix.as_deref().unwrap_or_default()));
        let described = matching.map(|(name, group)| (name.clone(), self.describe_group(group)));
        let limit = request.max_results.as_ref().and_then(max_results);
        list_response("ScheduleGroups", described, request.next_token.as_deref(), limit)
    }

    fn delete_schedule_group(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        if name == "default" {
            return Err(invalid("The default schedule group cannot be deleted."));
        }
        let mut state = self.durable.state();
        check_group_exists(&state, &name)?;
        let in_group = state.schedules.values().filter(|schedule| schedule.group == name);
        let mut changes: Vec<_> = in_group.map(|schedule| Change::ScheduleDeleted { key: schedule.key() }).collect();
        changes.push(Change::GroupDeleted { name });
        self.commit(&mut state, changes)?;
        Ok(json!({}))
    }

    fn describe_group(&self, group: &Group) -> Value {
        json!({
            "Arn": self.group_arn(&group.name),
            "Name": group.name,
            "State": "ACTIVE",
            "CreationDate": group.created.as_second(),
            "LastModificationDate": group.created.as_second(),
        })
    }

    fn group_arn(&self, name: &str) -> String {
        self.ctx.account_region.arn("scheduler", &format!("schedule-group/{name}"))
    }

    fn commit(&self, state: &mut State, changes: Vec<Change>) -> Result<(), AwsError> {
        let not_stored = |error: WalError| AwsError::receiver("InternalServerException", error.to_string());
        self.durable.commit(state, changes).map_err(not_stored)
    }
}

/// The `MaxResults` of a list operation. It comes as a text when it comes from the query string.
fn max_results(given: &Value) -> Option<usize> {
    match given {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|count| usize::try_from(count).ok()),
    }
}

fn check_group_exists(state: &State, name: &str) -> Result<(), AwsError> {
    match state.groups.contains_key(name) {
        true => Ok(()),
        false => Err(not_found("Schedule group", name)),
    }
}

fn find_schedule(state: &State, request: Request) -> Result<&StoredSchedule, AwsError> {
    let name = required("name", request.name)?;
    let group = request.group_name.as_deref().unwrap_or("default");
    check_group_exists(state, group)?;
    state.schedules.get(&key(group, &name)).ok_or_else(|| not_found("Schedule", &name))
}

fn not_found(kind: &str, name: &str) -> AwsError {
    AwsError::with_status(404, "ResourceNotFoundException", format!("{kind} {name} does not exist."))
}

fn conflict(kind: &str, name: &str) -> AwsError {
    AwsError::with_status(409, "ConflictException", format!("{kind} {name} already exists."))
}

impl Request {
    fn into_schedule(self, now: Timestamp) -> Result<StoredSchedule, AwsError> {
        let name = checked_name(required("name", self.name)?)?;
        let expression = required("scheduleExpression", self.schedule_expression)?;
        let target = required("target", self.target)?;
        check_target(&target)?;
        let (start, end) = (timestamp("StartDate", self.start_date)?, timestamp("EndDate", self.end_date)?);
        if start.zip(end).is_some_and(|(start, end)| end <= start) {
            return Err(invalid("The EndDate must come after the StartDate."));
        }
        let zone = self.schedule_expression_timezone.filter(|zone| !zone.is_empty());
        let parsed = Schedule::for_scheduler(&expression, zone.as_deref(), start.unwrap_or(now), end);
        // The message of AWS ends with the full stop, so that no explanation follows it.
        let parsed = parsed.map_err(|error| match error {
            ScheduleError::Zone { .. } => invalid("The time zone is not valid.").explained(error),
            _ => invalid(format!("Invalid Schedule Expression {expression}.")),
        })?;
        let is_repeated = !matches!(parsed.expression(), Expression::At(_));
        if is_repeated && start.is_some_and(|start| now.duration_since(start) > MAX_START_AGE) {
            return Err(invalid("The StartDate you specify cannot be earlier than 5 minutes ago."));
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

fn checked_name(name: String) -> Result<String, AwsError> {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    check_constraints([
        Violation::of_pattern(&name, "name", "[0-9a-zA-Z-_.]+", is_allowed),
        Violation::of_length(&name, "name", 1, MAX_NAME_LENGTH),
    ])?;
    Ok(name)
}

fn one_of<'v>(field: &str, value: &'v str, allowed: [&str; 2]) -> Result<&'v str, AwsError> {
    check_constraints([Violation::of_enum(value, field, &allowed)])?;
    Ok(value)
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
