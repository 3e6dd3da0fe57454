//! The calls about buses.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws_error::AwsError;

use super::{Events, request, rule::BusFacts, rule_calls::known_bus, state::Change};

/// The longest name of a bus.
const LONGEST_NAME: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateEventBus {
    name: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamedBus {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListEventBuses {
    name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(super) fn create_event_bus(&self, body: Value) -> Result<Value, AwsError> {
        let request: CreateEventBus = request::read(body)?;
        let name = request::required("name", request.name)?;
        let allowed = |character: char| super::rule::may_be_in_a_name(character) || character == '/';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(allowed) || name == "default" {
            return Err(request::invalid(format!("Parameter Name is not valid: {name}")));
        }
        let mut state = self.durable.state();
        if state.buses.contains_key(&name) {
            let message = format!("Event bus {name} already exists.");
            return Err(AwsError::sender("ResourceAlreadyExistsException", message));
        }
        let arn = self.ctx.place.bus(&name);
        let facts = BusFacts { name, description: request.description, created: self.ctx.clock.now() };
        self.durable.commit(&mut state, vec![Change::Bus(facts)]).map_err(request::not_remembered)?;
        Ok(json!({ "EventBusArn": arn }))
    }

    pub(super) fn describe_event_bus(&self, body: Value) -> Result<Value, AwsError> {
        let request: NamedBus = request::read(body)?;
        let state = self.durable.state();
        let name = known_bus(&state, request.name.as_deref())?;
        Ok(state.buses.get(&name).map(|bus| bus.describe(&self.ctx.place)).unwrap_or_default())
    }

    pub(super) fn list_event_buses(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListEventBuses = request::read(body)?;
        let state = self.durable.state();
        let prefix = request.name_prefix.unwrap_or_default();
        let wanted = state.buses.iter().filter(|(name, _)| name.starts_with(&prefix));
        let described = wanted.map(|(name, bus)| (name.clone(), bus.describe(&self.ctx.place)));
        Ok(request::listed("EventBuses", request::page(described, request.next_token.as_deref(), request.limit)?))
    }

    pub(super) fn delete_event_bus(&self, body: Value) -> Result<Value, AwsError> {
        let request: NamedBus = request::read(body)?;
        let name = request::required("name", request.name)?;
        if name == "default" {
            return Err(request::invalid("Cannot delete event bus default."));
        }
        let mut state = self.durable.state();
        match state.buses.get(&name) {
            // To delete what does not exist is no error.
            None => return Ok(json!({})),
            Some(bus) if !bus.rules.is_empty() => {
                return Err(request::invalid(format!("Event bus {name} can't be deleted since it has rules.")));
            }
            Some(_) => {}
        }
        self.durable.commit(&mut state, vec![Change::BusGone { bus: name }]).map_err(request::not_remembered)?;
        Ok(json!({}))
    }
}
