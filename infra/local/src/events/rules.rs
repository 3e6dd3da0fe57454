//! The API calls about buses, rules and targets, and the firing of scheduled rules.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{aws_error::AwsError, delivery::DeliveryService, interfaces::NewEvent, schedule::Schedule};

use super::{
    envelope::AcceptedEvent,
    model::{BusSettings, Rule},
    put_events::RoutedEvent,
    request::{
        self, MAX_NAME_LENGTH, NAME_PATTERN, Request, Violation, check_constraints, check_description, check_name,
        checked_pattern, required,
    },
    service::EventBridge,
    state::{Change, State, existing_bus, existing_rule, find_rule},
    tags,
    target::{Target, is_name_character},
};

const MAX_BUS_NAME_LENGTH: usize = 256;
const MAX_TARGETS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutTargets {
    rule: Option<String>,
    event_bus_name: Option<String>,
    targets: Option<Vec<Target>>,
}

impl EventBridge {
    pub(super) fn create_event_bus(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        let is_allowed = |character: char| is_name_character(character) || character == '/';
        check_constraints([
            Violation::of_length(&name, "name", 1, MAX_BUS_NAME_LENGTH),
            Violation::of_pattern(&name, "name", r"[/\.\-_A-Za-z0-9]+", is_allowed),
        ])?;
        let mut state = self.durable.state();
        if state.buses.contains_key(&name) {
            return Err(request::already_exists(format!("Event bus {name} already exists.")));
        }
        let arn = self.ctx.account_region.bus(&name);
        let mut response = json!({ "EventBusArn": arn });
        request::set_present(&mut response, [("Description", request.description.as_deref())]);
        let settings = BusSettings {
            description: request.description,
            tags: tags::checked(request.tags)?,
            ..BusSettings::new(name, self.ctx.clock.now())
        };
        self.commit(&mut state, vec![Change::Bus(settings)])?;
        Ok(response)
    }

    pub(super) fn describe_event_bus(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        let name = existing_bus(&state, request.name.as_deref())?;
        Ok(state.buses.get(&name).map(|bus| bus.describe(&self.ctx.account_region)).unwrap_or_default())
    }

    pub(super) fn list_event_buses(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        let selected =
            state.buses.iter().filter(|(name, _)| name.starts_with(request.name_prefix.as_deref().unwrap_or_default()));
        let described = selected.map(|(name, bus)| (name.clone(), bus.describe(&self.ctx.account_region)));
        request::list_response("EventBuses", described, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn delete_event_bus(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        if name == "default" {
            return Err(request::invalid("Cannot delete event bus default."));
        }
        let mut state = self.durable.state();
        match state.buses.get(&name) {
            // Deleting a missing bus is not an error.
            None => return Ok(json!({})),
            Some(bus) if !bus.rules.is_empty() => {
                return Err(request::invalid(format!("Event bus {name} can't be deleted since it has rules.")));
            }
            Some(_) => {}
        }
        self.commit(&mut state, vec![Change::BusDeleted { bus: name }])?;
        Ok(json!({}))
    }

    pub(super) fn put_rule(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        check_name(&name, "name", MAX_NAME_LENGTH)?;
        check_description(request.description.as_deref())?;
        let enabled = is_enabled(request.state.as_deref())?;
        let pattern = checked_pattern(request.event_pattern)?;
        // An empty expression is the same as none.
        let schedule = request.schedule_expression.filter(|expression| !expression.is_empty());
        if pattern.is_none() && schedule.is_none() {
            return Err(request::invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        let mut state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        if schedule.is_some() && bus != "default" {
            return Err(request::invalid("ScheduleExpression is supported only on the default event bus."));
        }
        let old = find_rule(&state, &bus, &name);
        // The tags of an update are ignored.
        let tags = old.map_or_else(|| tags::checked(request.tags), |old| Ok(old.tags.clone()))?;
        let targets = old.map(|old| old.targets.clone()).unwrap_or_default();
        let next_firing = self.first_firing(schedule.as_deref().filter(|_| enabled))?;
        let (description, role_arn) = (request.description, request.role_arn);
        let arn = self.ctx.account_region.rule(&bus, &name);
        let rule = Rule { bus, name, pattern, schedule, enabled, description, role_arn, next_firing, targets, tags };
        self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        Ok(json!({ "RuleArn": arn }))
    }

    pub(super) fn describe_rule(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        let state = self.durable.state();
        let mut described =
            existing_rule(&state, request.event_bus_name.as_deref(), &name)?.describe(&self.ctx.account_region);
        described["CreatedBy"] = self.ctx.account_region.account.as_str().into();
        Ok(described)
    }

    pub(super) fn list_rules(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        let rules = state.buses.get(&bus).into_iter().flat_map(|bus| &bus.rules);
        let selected = rules.filter(|(name, _)| name.starts_with(request.name_prefix.as_deref().unwrap_or_default()));
        let described = selected.map(|(name, rule)| (name.clone(), rule.describe(&self.ctx.account_region)));
        request::list_response("Rules", described, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn set_rule_enabled(&self, request: Request, enabled: bool) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        let mut state = self.durable.state();
        let mut rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        if rule.enabled != enabled {
            rule.enabled = enabled;
            rule.next_firing = self.first_firing(rule.schedule.as_deref().filter(|_| enabled))?;
            self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        }
        Ok(json!({}))
    }

    pub(super) fn delete_rule(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("name", request.name)?;
        let mut state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        match find_rule(&state, &bus, &name) {
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
        let Some(text) = schedule else { return Ok(None) };
        let schedule = Schedule::for_rule(text, self.ctx.clock.now());
        let invalid = |error| request::invalid("Parameter ScheduleExpression is not valid.").explained(error);
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
        activity.into_iter().for_each(|activity| self.ctx.activity.record(activity));
    }

    fn fire_rule(&self, state: &mut State, mut rule: Rule, now: Timestamp) -> Option<RoutedEvent> {
        let time = rule.next_firing.take().unwrap_or(now);
        // A rate counts from its last firing. Firings that are over are skipped.
        let schedule = rule.schedule.as_deref().and_then(|text| Schedule::for_rule(text, time).ok());
        rule.next_firing = schedule.and_then(|schedule| schedule.next_after(time.max(now)));
        let event = NewEvent {
            source: "aws.events".to_owned(),
            detail_type: "Scheduled Event".to_owned(),
            detail: "{}".to_owned(),
            resources: vec![self.ctx.account_region.rule(&rule.bus, &rule.name)],
        };
        let event = AcceptedEvent::new(self.new_event_id(state), &event, time, &self.ctx.account_region, now);
        let mut routed = event.map(|event| self.route_to_rules(state, &rule.bus, event, vec![rule.clone()]));
        let accepted = routed.as_mut().and_then(|routed| routed.change.take());
        self.commit_best_effort(state, [Change::Rule(Box::new(rule))].into_iter().chain(accepted).collect());
        routed
    }

    pub(super) fn put_targets(&self, request: PutTargets) -> Result<Value, AwsError> {
        let name = required("rule", request.rule)?;
        let targets = required("targets", request.targets)?;
        check_constraints((1..).zip(&targets).flat_map(|(number, target)| {
            let place = format!("targets.{number}.member.id");
            let length = Violation::of_length(&target.id, &place, 1, MAX_NAME_LENGTH);
            [length, Violation::of_pattern(&target.id, &place, NAME_PATTERN, is_name_character)]
        }))?;
        let mut state = self.durable.state();
        let mut rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        for target in targets {
            if let Some(error) = target.validation_error() {
                return Err(request::invalid(error));
            }
            rule.targets.put(target);
        }
        if rule.targets.len() > MAX_TARGETS {
            return Err(request::limit_exceeded());
        }
        self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    pub(super) fn remove_targets(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("rule", request.rule)?;
        let ids = required("ids", request.ids)?;
        let mut state = self.durable.state();
        let mut rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        let mut failed = Vec::new();
        for id in ids {
            if !rule.targets.remove(&id) {
                let message = format!("Rule {name} does not have a target with the Id {id}.");
                failed
                    .push(json!({ "TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message }));
            }
        }
        self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        Ok(json!({ "FailedEntryCount": failed.len(), "FailedEntries": failed }))
    }

    pub(super) fn list_targets_by_rule(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("rule", request.rule)?;
        let state = self.durable.state();
        let rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?;
        let targets = (0..).zip(rule.targets.iter());
        let targets = targets.map(|(position, target): (usize, _)| (format!("{position:05}"), json!(target)));
        request::list_response("Targets", targets, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn list_rule_names_by_target(&self, request: Request) -> Result<Value, AwsError> {
        let arn = required("targetArn", request.target_arn)?;
        let state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        let rules = state.buses.get(&bus).into_iter().flat_map(|bus| bus.rules.values());
        let of_target = rules.filter(|rule| rule.targets.iter().any(|target| target.arn == arn));
        let names = of_target.map(|rule| (rule.name.clone(), rule.name.clone()));
        request::list_response("RuleNames", names, request.next_token.as_deref(), request.limit)
    }
}

fn is_enabled(state: Option<&str>) -> Result<bool, AwsError> {
    match state {
        None | Some("ENABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => Ok(true),
        Some("DISABLED") => Ok(false),
        Some(other) => {
            let states = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];
            check_constraints([Violation::of_enum(other, "state", &states)]).map(|()| false)
        }
    }
}
