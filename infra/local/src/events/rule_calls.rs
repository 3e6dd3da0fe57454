//! The calls about rules.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{aws_error::AwsError, pattern::Pattern, schedule::Schedule};

use super::{
    Events, bus_name,
    put_calls::invalid_pattern,
    request,
    rule::{Rule, is_name},
    state::{Change, State},
};

/// The longest description.
const LONGEST_DESCRIPTION: usize = 512;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRule {
    name: Option<String>,
    event_bus_name: Option<String>,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamedRule {
    name: Option<String>,
    event_bus_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRules {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(super) fn put_rule(&self, body: Value) -> Result<Value, AwsError> {
        let request: PutRule = request::read(body)?;
        let name = request::required("name", request.name)?;
        if !is_name(&name) {
            return Err(request::invalid(format!("Parameter Name is not valid: {name}")));
        }
        if request.description.as_ref().is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
            return Err(request::invalid(format!("Description is longer than {LONGEST_DESCRIPTION} characters.")));
        }
        let enabled = is_enabled(request.state.as_deref())?;
        // An empty text is the same as none.
        let pattern = request.event_pattern.filter(|pattern| !pattern.is_empty());
        let schedule = request.schedule_expression.filter(|expression| !expression.is_empty());
        if pattern.is_none() && schedule.is_none() {
            let message = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
            return Err(request::invalid(message));
        }
        if let Some(pattern) = &pattern {
            Pattern::parse(pattern).map_err(|error| invalid_pattern(&error))?;
        }
        let mut state = self.durable.state();
        let bus = known_bus(&state, request.event_bus_name.as_deref())?;
        if schedule.is_some() && bus != "default" {
            return Err(request::invalid("ScheduleExpression is supported only on the default event bus."));
        }
        let targets = found(&state, &bus, &name).map(|old| old.targets.clone()).unwrap_or_default();
        let next = self.first_firing(schedule.as_deref().filter(|_| enabled))?;
        let (description, role) = (request.description, request.role_arn);
        let arn = self.ctx.place.rule(&bus, &name);
        let rule = Rule { bus, name, pattern, schedule, enabled, description, role, next, targets };
        self.durable.commit(&mut state, vec![Change::Rule(Box::new(rule))]).map_err(request::not_remembered)?;
        Ok(json!({ "RuleArn": arn }))
    }

    pub(super) fn describe_rule(&self, body: Value) -> Result<Value, AwsError> {
        let (state, rule) = (self.durable.state(), named(body)?);
        Ok(known_rule(&state, rule.event_bus_name.as_deref(), &rule.name)?.describe(&self.ctx.place))
    }

    pub(super) fn list_rules(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRules = request::read(body)?;
        let state = self.durable.state();
        let bus = known_bus(&state, request.event_bus_name.as_deref())?;
        let prefix = request.name_prefix.unwrap_or_default();
        let rules = state.buses.get(&bus).into_iter().flat_map(|bus| &bus.rules);
        let wanted = rules.filter(|(name, _)| name.starts_with(&prefix));
        let described = wanted.map(|(name, rule)| (name.clone(), rule.describe(&self.ctx.place)));
        Ok(request::listed("Rules", request::page(described, request.next_token.as_deref(), request.limit)?))
    }

    pub(super) fn switch_rule(&self, body: Value, enabled: bool) -> Result<Value, AwsError> {
        let (mut state, named) = (self.durable.state(), named(body)?);
        let mut rule = known_rule(&state, named.event_bus_name.as_deref(), &named.name)?.clone();
        if rule.enabled != enabled {
            rule.enabled = enabled;
            rule.next = self.first_firing(rule.schedule.as_deref().filter(|_| enabled))?;
            self.durable.commit(&mut state, vec![Change::Rule(Box::new(rule))]).map_err(request::not_remembered)?;
        }
        Ok(json!({}))
    }

    pub(super) fn delete_rule(&self, body: Value) -> Result<Value, AwsError> {
        let (mut state, named) = (self.durable.state(), named(body)?);
        let bus = known_bus(&state, named.event_bus_name.as_deref())?;
        match found(&state, &bus, &named.name) {
            // To delete what does not exist is no error.
            None => return Ok(json!({})),
            Some(rule) if !rule.targets.is_empty() => {
                return Err(request::invalid("Rule can't be deleted since it has targets."));
            }
            Some(_) => {}
        }
        self.durable
            .commit(&mut state, vec![Change::RuleGone { bus, rule: named.name }])
            .map_err(request::not_remembered)?;
        Ok(json!({}))
    }

    fn first_firing(&self, schedule: Option<&str>) -> Result<Option<jiff::Timestamp>, AwsError> {
        let Some(text) = schedule else {
            return Ok(None);
        };
        let schedule = Schedule::for_rule(text, self.ctx.clock.now());
        let invalid = |error| request::invalid(format!("Parameter ScheduleExpression is not valid. Reason: {error}"));
        Ok(schedule.map_err(invalid)?.first())
    }
}

fn is_enabled(state: Option<&str>) -> Result<bool, AwsError> {
    match state {
        None | Some("ENABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => Ok(true),
        Some("DISABLED") => Ok(false),
        Some(other) => Err(request::invalid(format!(
            "1 validation error detected: Value '{other}' at 'state' failed to satisfy constraint: Member must satisfy \
             enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]"
        ))),
    }
}

struct Named {
    name: String,
    event_bus_name: Option<String>,
}

fn named(body: Value) -> Result<Named, AwsError> {
    let NamedRule { name, event_bus_name } = request::read(body)?;
    Ok(Named { name: request::required("name", name)?, event_bus_name })
}

/// The name of a bus that exists; the default one, if none is given.
pub(super) fn known_bus(state: &State, given: Option<&str>) -> Result<String, AwsError> {
    let name = bus_name(given.unwrap_or("default"));
    match state.buses.contains_key(name) {
        true => Ok(name.to_owned()),
        false => Err(request::not_found(format!("Event bus {name} does not exist."))),
    }
}

/// A rule that exists on a bus that exists.
pub(super) fn known_rule<'s>(state: &'s State, bus: Option<&str>, name: &str) -> Result<&'s Rule, AwsError> {
    let bus = known_bus(state, bus)?;
    let missing = || request::not_found(format!("Rule {name} does not exist on EventBus {bus}."));
    found(state, &bus, name).ok_or_else(missing)
}

fn found<'s>(state: &'s State, bus: &str, name: &str) -> Option<&'s Rule> {
    state.buses.get(bus)?.rules.get(name)
}
