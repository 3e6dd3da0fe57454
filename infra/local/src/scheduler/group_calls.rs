//! The calls about groups of schedules.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_error::AwsError,
    events::request::{listed, page, read, required},
};

use super::{
    Scheduler,
    refusal::{conflict, invalid, not_found, not_remembered},
    schedule_calls::{count, known_group},
    state::{Change, Group},
    wanted::checked_name,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
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
    pub(super) fn create_schedule_group(&self, fields: Value) -> Result<Value, AwsError> {
        let name = checked_name(required("name", read::<Named>(fields)?.name)?)?;
        let mut state = self.ledger.state();
        if state.groups.contains_key(&name) {
            return Err(conflict("Schedule group", &name));
        }
        let arn = self.group_arn(&name);
        let group = Group { name, created: self.around.clock.now() };
        self.ledger.commit(&mut state, vec![Change::Group(group)]).map_err(not_remembered)?;
        Ok(json!({ "ScheduleGroupArn": arn }))
    }

    pub(super) fn get_schedule_group(&self, fields: Value) -> Result<Value, AwsError> {
        let name = required("name", read::<Named>(fields)?.name)?;
        let state = self.ledger.state();
        let group = state.groups.get(&name).ok_or_else(|| not_found("Schedule group", &name))?;
        Ok(self.describe_group(group))
    }

    pub(super) fn list_schedule_groups(&self, fields: Value) -> Result<Value, AwsError> {
        let request: ListScheduleGroups = read(fields)?;
        let state = self.ledger.state();
        let prefix = request.name_prefix.unwrap_or_default();
        let wanted = state.groups.iter().filter(|(name, _)| name.starts_with(&prefix));
        let described = wanted.map(|(name, group)| (name.clone(), self.describe_group(group)));
        let limit = request.max_results.as_ref().and_then(count);
        Ok(listed("ScheduleGroups", page(described, request.next_token.as_deref(), limit)?))
    }

    pub(super) fn delete_schedule_group(&self, fields: Value) -> Result<Value, AwsError> {
        let name = required("name", read::<Named>(fields)?.name)?;
        if name == "default" {
            return Err(invalid("The default schedule group cannot be deleted."));
        }
        let mut state = self.ledger.state();
        known_group(&state, &name)?;
        // With a group all its schedules go.
        let inside = state.plans.values().filter(|plan| plan.group == name);
        let mut changes: Vec<_> = inside.map(|plan| Change::PlanGone { key: plan.key() }).collect();
        changes.push(Change::GroupGone { name });
        self.ledger.commit(&mut state, changes).map_err(not_remembered)?;
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
        self.around.place.arn("scheduler", &format!("schedule-group/{name}"))
    }
}
