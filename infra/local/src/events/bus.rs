//! Event buses with their rules, and the API calls about buses.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::{AccountRegion, bus_name},
    aws_error::AwsError,
    pattern::{Event, Pattern, RuleIndex},
};

use super::{
    EventBridge,
    request::{self, ListRequest},
    rule::{Rule, is_name_character},
    state::{Change, State},
};

/// The maximum length of the name of a bus.
const MAX_NAME_LENGTH: usize = 256;

/// The stored settings of a bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BusSettings {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
}

/// An event bus.
#[derive(Debug)]
pub(super) struct Bus {
    pub(super) settings: BusSettings,
    pub(super) rules: BTreeMap<String, Rule>,
    /// The patterns of the enabled rules, compiled for the first event after a change.
    index: Option<RuleIndex>,
    /// The same patterns as a list, for observers that report why no rule matches.
    enabled_patterns: Option<Arc<[(String, Pattern)]>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BusRequest {
    name: Option<String>,
    description: Option<String>,
}

impl Bus {
    pub(super) fn new(settings: BusSettings) -> Self {
        Self { settings, rules: BTreeMap::new(), index: None, enabled_patterns: None }
    }

    pub(super) fn put_rule(&mut self, rule: Rule) {
        // The firing of a schedule changes no pattern.
        let same = |old: &Rule| old.pattern == rule.pattern && old.enabled == rule.enabled;
        if !self.rules.get(&rule.name).is_some_and(same) {
            self.clear_patterns();
        }
        self.rules.insert(rule.name.clone(), rule);
    }

    pub(super) fn remove_rule(&mut self, name: &str) {
        self.rules.remove(name);
        self.clear_patterns();
    }

    fn clear_patterns(&mut self) {
        self.index = None;
        self.enabled_patterns = None;
    }

    /// Returns the enabled rules that match this event.
    pub(super) fn matching(&mut self, event: &Event) -> Vec<Rule> {
        let rules = &self.rules;
        let index = self.index.get_or_insert_with(|| RuleIndex::new(enabled_patterns(rules)));
        index.matching(event).into_iter().filter_map(|name| rules.get(name).cloned()).collect()
    }

    /// Returns the enabled rules with their patterns.
    pub(super) fn enabled_patterns(&mut self) -> Arc<[(String, Pattern)]> {
        let rules = &self.rules;
        Arc::clone(self.enabled_patterns.get_or_insert_with(|| enabled_patterns(rules).collect()))
    }

    /// Returns the description of the bus for the API.
    fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = json!({
            "Name": self.settings.name,
            "Arn": account_region.bus(&self.settings.name),
            "CreationTime": self.settings.created.as_second(),
            "LastModifiedTime": self.settings.created.as_second(),
        });
        request::set_present(&mut described, [("Description", self.settings.description.as_deref())]);
        described
    }
}

fn enabled_patterns(rules: &BTreeMap<String, Rule>) -> impl Iterator<Item = (String, Pattern)> {
    let enabled = rules.values().filter(|rule| rule.enabled);
    // Patterns were validated by PutRule.
    enabled.filter_map(|rule| Some((rule.name.clone(), Pattern::parse(rule.pattern.as_deref()?).ok()?)))
}

impl EventBridge {
    pub(super) fn create_event_bus(&self, body: Value) -> Result<Value, AwsError> {
        let BusRequest { name, description } = request::read(body)?;
        let name = request::required("name", name)?;
        let allowed = |character: char| is_name_character(character) || character == '/';
        if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.chars().all(allowed) || name == "default" {
            return Err(request::invalid(format!("Parameter Name is not valid: {name}")));
        }
        let mut state = self.durable.state();
        if state.buses.contains_key(&name) {
            return Err(request::already_exists(format!("Event bus {name} already exists.")));
        }
        let arn = self.ctx.account_region.bus(&name);
        let settings = BusSettings { name, description, created: self.ctx.clock.now() };
        self.commit(&mut state, vec![Change::Bus(settings)])?;
        Ok(json!({ "EventBusArn": arn }))
    }

    pub(super) fn describe_event_bus(&self, body: Value) -> Result<Value, AwsError> {
        let request: BusRequest = request::read(body)?;
        let state = self.durable.state();
        let name = existing_bus(&state, request.name.as_deref())?;
        Ok(state.buses.get(&name).map(|bus| bus.describe(&self.ctx.account_region)).unwrap_or_default())
    }

    pub(super) fn list_event_buses(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRequest = request::read(body)?;
        let state = self.durable.state();
        let prefix = request.name_prefix.unwrap_or_default();
        let selected = state.buses.iter().filter(|(name, _)| name.starts_with(&prefix));
        let described = selected.map(|(name, bus)| (name.clone(), bus.describe(&self.ctx.account_region)));
        request::list_response("EventBuses", described, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn delete_event_bus(&self, body: Value) -> Result<Value, AwsError> {
        let request: BusRequest = request::read(body)?;
        let name = request::required("name", request.name)?;
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
}

/// Returns the name of an existing bus, given by name or ARN; by default that of the default bus.
pub(super) fn existing_bus(state: &State, given: Option<&str>) -> Result<String, AwsError> {
    let name = bus_name(given.unwrap_or("default"));
    match state.buses.contains_key(name) {
        true => Ok(name.to_owned()),
        false => Err(request::not_found(format!("Event bus {name} does not exist."))),
    }
}
