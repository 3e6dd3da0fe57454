//! Rules: the API calls about them, and the firing of scheduled rules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::AccountRegion,
    aws_error::AwsError,
    interfaces::NewEvent,
    pattern::{Pattern, PatternError},
    schedule::Schedule,
};

use super::{
    EventBridge,
    bus::existing_bus,
    envelope::AcceptedEvent,
    put_events::RoutedEvent,
    request::{self, ListRequest},
    state::{Change, State},
    target::Target,
};

/// The maximum length of the name of a rule.
const MAX_NAME_LENGTH: usize = 64;

/// The maximum length of a description, in characters.
const MAX_DESCRIPTION_LENGTH: usize = 512;

/// A rule with its targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(super) bus: String,
    pub(super) name: String,
    pub(super) pattern: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) enabled: bool,
    pub(super) description: Option<String>,
    #[serde(rename = "role")]
    pub(super) role_arn: Option<String>,
    /// The time at which its schedule fires next.
    #[serde(rename = "next")]
    pub(super) next_firing: Option<Timestamp>,
    pub(super) targets: BTreeMap<String, Target>,
}

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
struct RuleRequest {
    name: Option<String>,
    event_bus_name: Option<String>,
}

impl Rule {
    /// Returns the description of the rule for the API.
    fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = json!({
            "Name": self.name,
            "Arn": account_region.rule(&self.bus, &self.name),
            "State": if self.enabled { "ENABLED" } else { "DISABLED" },
            "EventBusName": self.bus,
        });
        let optional = [
            ("EventPattern", self.pattern.as_deref()),
            ("ScheduleExpression", self.schedule.as_deref()),
            ("Description", self.description.as_deref()),
            ("RoleArn", self.role_arn.as_deref()),
        ];
        request::set_present(&mut described, optional);
        described
    }
}

impl EventBridge {
    pub(super) fn put_rule(&self, body: Value) -> Result<Value, AwsError> {
        let request: PutRule = request::read(body)?;
        let name = request::required("name", request.name)?;
        if !is_valid_name(&name) {
            return Err(request::invalid(format!("Parameter Name is not valid: {name}")));
        }
        check_description(request.description.as_deref())?;
        let enabled = is_enabled(request.state.as_deref())?;
        let pattern = checked_pattern(request.event_pattern)?;
        // An empty expression is the same as none.
        let schedule = request.schedule_expression.filter(|expression| !expression.is_empty());
        if pattern.is_none() && schedule.is_none() {
            let message = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
            return Err(request::invalid(message));
        }
        let mut state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        if schedule.is_some() && bus != "default" {
            return Err(request::invalid("ScheduleExpression is supported only on the default event bus."));
        }
        let targets = find(&state, &bus, &name).map(|old| old.targets.clone()).unwrap_or_default();
        let next_firing = self.first_firing(schedule.as_deref().filter(|_| enabled))?;
        let (description, role_arn) = (request.description, request.role_arn);
        let arn = self.ctx.account_region.rule(&bus, &name);
        let rule = Rule { bus, name, pattern, schedule, enabled, description, role_arn, next_firing, targets };
        self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        Ok(json!({ "RuleArn": arn }))
    }

    pub(super) fn describe_rule(&self, body: Value) -> Result<Value, AwsError> {
        let (state, (name, bus)) = (self.durable.state(), read_rule_request(body)?);
        Ok(existing_rule(&state, bus.as_deref(), &name)?.describe(&self.ctx.account_region))
    }

    pub(super) fn list_rules(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRequest = request::read(body)?;
        let state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        let prefix = request.name_prefix.unwrap_or_default();
        let rules = state.buses.get(&bus).into_iter().flat_map(|bus| &bus.rules);
        let selected = rules.filter(|(name, _)| name.starts_with(&prefix));
        let described = selected.map(|(name, rule)| (name.clone(), rule.describe(&self.ctx.account_region)));
        request::list_response("Rules", described, request.next_token.as_deref(), request.limit)
    }

    /// Enables or disables a rule.
    pub(super) fn set_rule_enabled(&self, body: Value, enabled: bool) -> Result<Value, AwsError> {
        let (mut state, (name, bus)) = (self.durable.state(), read_rule_request(body)?);
        let mut rule = existing_rule(&state, bus.as_deref(), &name)?.clone();
        if rule.enabled != enabled {
            rule.enabled = enabled;
            rule.next_firing = self.first_firing(rule.schedule.as_deref().filter(|_| enabled))?;
            self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        }
        Ok(json!({}))
    }

    pub(super) fn delete_rule(&self, body: Value) -> Result<Value, AwsError> {
        let (mut state, (name, bus)) = (self.durable.state(), read_rule_request(body)?);
        let bus = existing_bus(&state, bus.as_deref())?;
        match find(&state, &bus, &name) {
            // Deleting a missing rule is not an error.
            None => return Ok(json!({})),
            Some(rule) if !rule.targets.is_empty() => {
                return Err(request::invalid("Rule can't be deleted since it has targets."));
            }
            Some(_) => {}
        }
        self.commit(&mut state, vec![Change::RuleDeleted { bus, rule: name }])?;
        Ok(json!({}))
    }

    fn first_firing(&self, schedule: Option<&str>) -> Result<Option<Timestamp>, AwsError> {
        let Some(text) = schedule else {
            return Ok(None);
        };
        let schedule = Schedule::for_rule(text, self.ctx.clock.now());
        let invalid = |error| request::invalid(format!("Parameter ScheduleExpression is not valid. Reason: {error}"));
        Ok(schedule.map_err(invalid)?.first())
    }

    /// Fires all scheduled rules that are due. A rule fires once, even if several of its times passed while the process was
    /// down. Each firing is an event that is delivered to the targets of this rule only.
    pub(super) fn fire_due_rules(&self) {
        let now = self.ctx.clock.now();
        let mut state = self.durable.state();
        let mut activity = Vec::new();
        while let Some(rule) = state.due_rule(now) {
            activity.extend(self.fire_rule(&mut state, rule, now).map(|routed| routed.activity));
        }
        drop(state);
        activity.into_iter().for_each(|activity| self.record_put(activity));
    }

    fn fire_rule(&self, state: &mut State, mut rule: Rule, now: Timestamp) -> Option<RoutedEvent> {
        let time = rule.next_firing.take().unwrap_or(now);
        rule.next_firing = rule.schedule.as_deref().and_then(|text| following_firing(text, time, now));
        let event = NewEvent {
            source: "aws.events".to_owned(),
            detail_type: "Scheduled Event".to_owned(),
            detail: "{}".to_owned(),
            resources: vec![self.ctx.account_region.rule(&rule.bus, &rule.name)],
        };
        let event = AcceptedEvent::new(self.new_event_id(state), &event, time, &self.ctx.account_region, now);
        let mut routed = event.map(|event| self.route_to_rules(state, &rule.bus, event, vec![rule.clone()]));
        let accepted = routed.as_mut().and_then(|routed| routed.change.take());
        self.durable.commit_best_effort(state, [Change::Rule(Box::new(rule))].into_iter().chain(accepted).collect());
        routed
    }
}

// The first firing after `fired` that is not yet over. A rate counts from its last firing.
fn following_firing(text: &str, fired: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Schedule::for_rule(text, fired).ok()?.next_after(fired.max(now))
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

fn read_rule_request(body: Value) -> Result<(String, Option<String>), AwsError> {
    let RuleRequest { name, event_bus_name } = request::read(body)?;
    Ok((request::required("name", name)?, event_bus_name))
}

/// Returns an existing rule of an existing bus.
pub(super) fn existing_rule<'s>(state: &'s State, bus: Option<&str>, name: &str) -> Result<&'s Rule, AwsError> {
    let bus = existing_bus(state, bus)?;
    let missing = || request::not_found(format!("Rule {name} does not exist on EventBus {bus}."));
    find(state, &bus, name).ok_or_else(missing)
}

fn find<'s>(state: &'s State, bus: &str, name: &str) -> Option<&'s Rule> {
    state.buses.get(bus)?.rules.get(name)
}

/// Returns whether the name of a rule is valid.
pub(super) fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_LENGTH && name.chars().all(is_name_character)
}

/// Names contain letters, digits, `.`, `-` and `_`.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-_".contains(character)
}

/// Checks the description of a rule or an archive.
pub(super) fn check_description(description: Option<&str>) -> Result<(), AwsError> {
    match description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_LENGTH) {
        true => Err(request::invalid(format!("Description is longer than {MAX_DESCRIPTION_LENGTH} characters."))),
        false => Ok(()),
    }
}

/// Checks an event pattern. An empty text is the same as none.
pub(super) fn checked_pattern(pattern: Option<String>) -> Result<Option<String>, AwsError> {
    let pattern = pattern.filter(|pattern| !pattern.is_empty());
    if let Some(pattern) = &pattern {
        Pattern::parse(pattern).map_err(|error| invalid_pattern(&error))?;
    }
    Ok(pattern)
}

/// The error of an invalid event pattern.
pub(super) fn invalid_pattern(error: &PatternError) -> AwsError {
    let mut reason = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        reason.push_str(": ");
        reason.push_str(&source.to_string());
    }
    AwsError::sender("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {reason}"))
}
