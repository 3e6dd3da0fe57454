//! The API operations on schedules and schedule groups.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_error::AwsError,
    events::request::{invalid, list_response, read, required},
    wal::WalError,
};

use super::{
    Scheduler,
    schedule_args::{ScheduleArgs, checked_name},
    state::{Change, Group, State},
    stored_schedule::{StoredSchedule, key},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleName {
    name: Option<String>,
    #[serde(alias = "groupName")]
    group_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListSchedules {
    #[serde(alias = "ScheduleGroup")]
    group_name: Option<String>,
    name_prefix: Option<String>,
    state: Option<String>,
    next_token: Option<String>,
    max_results: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupName {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListScheduleGroups {
    name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<Value>,
}

impl Scheduler {
    pub(super) fn create_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        self.put_schedule(fields, |schedule, existing| match existing {
            None => Ok(Some(schedule)),
            Some(existing) if schedule.is_repeat_of(existing) => Ok(None),
            Some(_) => Err(conflict("Schedule", &schedule.name)),
        })
    }

    pub(super) fn update_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        self.put_schedule(fields, |schedule, existing| match existing {
            Some(existing) => Ok(Some(StoredSchedule { created: existing.created, ..schedule })),
            None => Err(not_found("Schedule", &schedule.name)),
        })
    }

    /// Stores the schedule in these fields. `resolve` gets it with the existing one of its name and returns what to
    /// store, if anything.
    fn put_schedule(
        &self,
        fields: Value,
        resolve: impl FnOnce(StoredSchedule, Option<&StoredSchedule>) -> Result<Option<StoredSchedule>, AwsError>,
    ) -> Result<Value, AwsError> {
        let schedule = read::<ScheduleArgs>(fields)?.into_schedule(self.ctx.clock.now())?;
        let mut state = self.durable.state();
        check_group_exists(&state, &schedule.group)?;
        let arn = schedule.arn(&self.ctx.account_region);
        let existing = state.schedules.get(&schedule.key());
        if let Some(schedule) = resolve(schedule, existing)? {
            self.commit(&mut state, vec![Change::Schedule(Box::new(schedule))])?;
        }
        Ok(json!({ "ScheduleArn": arn }))
    }

    pub(super) fn get_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        let state = self.durable.state();
        Ok(find_schedule(&state, fields)?.describe(&self.ctx.account_region))
    }

    pub(super) fn delete_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        let mut state = self.durable.state();
        let key = find_schedule(&state, fields)?.key();
        self.commit(&mut state, vec![Change::ScheduleDeleted { key }])?;
        Ok(json!({}))
    }

    pub(super) fn list_schedules(&self, fields: Value) -> Result<Value, AwsError> {
        let request: ListSchedules = read(fields)?;
        let state = self.durable.state();
        if let Some(group) = &request.group_name {
            check_group_exists(&state, group)?;
        }
        let prefix = request.name_prefix.unwrap_or_default();
        let matching = state.schedules.iter().filter(|(_, schedule)| {
            schedule.name.starts_with(&prefix)
                && request.group_name.as_ref().is_none_or(|group| schedule.group == *group)
                && request.state.as_ref().is_none_or(|state| schedule.state() == state)
        });
        let summaries = matching.map(|(key, schedule)| (key.clone(), schedule.summary(&self.ctx.account_region)));
        let limit = request.max_results.as_ref().and_then(max_results);
        list_response("Schedules", summaries, request.next_token.as_deref(), limit)
    }

    pub(super) fn create_schedule_group(&self, fields: Value) -> Result<Value, AwsError> {
        let name = checked_name(required("name", read::<GroupName>(fields)?.name)?)?;
        let mut state = self.durable.state();
        if state.groups.contains_key(&name) {
            return Err(conflict("Schedule group", &name));
        }
        let arn = self.group_arn(&name);
        let group = Group { name, created: self.ctx.clock.now() };
        self.commit(&mut state, vec![Change::Group(group)])?;
        Ok(json!({ "ScheduleGroupArn": arn }))
    }

    pub(super) fn get_schedule_group(&self, fields: Value) -> Result<Value, AwsError> {
        let name = required("name", read::<GroupName>(fields)?.name)?;
        let state = self.durable.state();
        let group = state.groups.get(&name).ok_or_else(|| not_found("Schedule group", &name))?;
        Ok(self.describe_group(group))
    }

    pub(super) fn list_schedule_groups(&self, fields: Value) -> Result<Value, AwsError> {
        let request: ListScheduleGroups = read(fields)?;
        let state = self.durable.state();
        let prefix = request.name_prefix.unwrap_or_default();
        let matching = state.groups.iter().filter(|(name, _)| name.starts_with(&prefix));
        let described = matching.map(|(name, group)| (name.clone(), self.describe_group(group)));
        let limit = request.max_results.as_ref().and_then(max_results);
        list_response("ScheduleGroups", described, request.next_token.as_deref(), limit)
    }

    /// Deletes a group with all its schedules.
    pub(super) fn delete_schedule_group(&self, fields: Value) -> Result<Value, AwsError> {
        let name = required("name", read::<GroupName>(fields)?.name)?;
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

fn find_schedule(state: &State, fields: Value) -> Result<&StoredSchedule, AwsError> {
    let request: ScheduleName = read(fields)?;
    let name = required("name", request.name)?;
    let group = request.group_name.as_deref().unwrap_or("default");
    check_group_exists(state, group)?;
    state.schedules.get(&key(group, &name)).ok_or_else(|| not_found("Schedule", &name))
}

fn not_found(kind: &str, name: &str) -> AwsError {
    let error = AwsError::sender("ResourceNotFoundException", format!("{kind} {name} does not exist."));
    AwsError { status: 404, ..error }
}

fn conflict(kind: &str, name: &str) -> AwsError {
    let error = AwsError::sender("ConflictException", format!("{kind} {name} already exists."));
    AwsError { status: 409, ..error }
}
