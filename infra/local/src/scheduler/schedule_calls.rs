//! The calls about schedules.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_error::AwsError,
    events::request::{listed, page, read, required},
};

use super::{
    Scheduler,
    plan::{Plan, key},
    refusal::{conflict, not_found, not_remembered},
    state::{Change, State},
    wanted::Wanted,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
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

impl Scheduler {
    pub(super) fn create_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        let plan = read::<Wanted>(fields)?.plan(self.around.clock.now())?;
        let mut state = self.ledger.state();
        known_group(&state, &plan.group)?;
        let arn = plan.arn(&self.around.place);
        match state.plans.get(&plan.key()) {
            Some(old) if plan.repeats(old) => {}
            Some(_) => return Err(conflict("Schedule", &plan.name)),
            None => self.ledger.commit(&mut state, vec![Change::Plan(Box::new(plan))]).map_err(not_remembered)?,
        }
        Ok(json!({ "ScheduleArn": arn }))
    }

    pub(super) fn update_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        let plan = read::<Wanted>(fields)?.plan(self.around.clock.now())?;
        let mut state = self.ledger.state();
        known_group(&state, &plan.group)?;
        let old = state.plans.get(&plan.key()).ok_or_else(|| not_found("Schedule", &plan.name))?;
        let plan = Plan { created: old.created, ..plan };
        let arn = plan.arn(&self.around.place);
        self.ledger.commit(&mut state, vec![Change::Plan(Box::new(plan))]).map_err(not_remembered)?;
        Ok(json!({ "ScheduleArn": arn }))
    }

    pub(super) fn get_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        let state = self.ledger.state();
        Ok(known(&state, fields)?.describe(&self.around.place))
    }

    pub(super) fn delete_schedule(&self, fields: Value) -> Result<Value, AwsError> {
        let mut state = self.ledger.state();
        let key = known(&state, fields)?.key();
        self.ledger.commit(&mut state, vec![Change::PlanGone { key }]).map_err(not_remembered)?;
        Ok(json!({}))
    }

    pub(super) fn list_schedules(&self, fields: Value) -> Result<Value, AwsError> {
        let request: ListSchedules = read(fields)?;
        let state = self.ledger.state();
        if let Some(group) = &request.group_name {
            known_group(&state, group)?;
        }
        let prefix = request.name_prefix.unwrap_or_default();
        let wanted = state.plans.iter().filter(|(_, plan)| {
            plan.name.starts_with(&prefix)
                && request.group_name.as_ref().is_none_or(|group| plan.group == *group)
                && request.state.as_ref().is_none_or(|state| plan.state() == state)
        });
        let summaries = wanted.map(|(key, plan)| (key.clone(), plan.summary(&self.around.place)));
        let limit = request.max_results.as_ref().and_then(count);
        Ok(listed("Schedules", page(summaries, request.next_token.as_deref(), limit)?))
    }
}

/// A number, which a query spells as a text.
pub(super) fn count(given: &Value) -> Option<usize> {
    match given {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|count| usize::try_from(count).ok()),
    }
}

/// The group exists.
pub(super) fn known_group(state: &State, name: &str) -> Result<(), AwsError> {
    match state.groups.contains_key(name) {
        true => Ok(()),
        false => Err(not_found("Schedule group", name)),
    }
}

fn known(state: &State, fields: Value) -> Result<&Plan, AwsError> {
    let named: Named = read(fields)?;
    let name = required("name", named.name)?;
    let group = named.group_name.as_deref().unwrap_or("default");
    known_group(state, group)?;
    state.plans.get(&key(group, &name)).ok_or_else(|| not_found("Schedule", &name))
}
