//! The tags of rules and buses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws_error::AwsError;

use super::{
    request::{self, Request, Tag, not_found, required},
    service::EventBridge,
    state::{Change, State, existing_bus, existing_rule},
};

const MAX_TAGS: usize = 50;

impl EventBridge {
    pub(super) fn tag_resource(&self, request: Request) -> Result<Value, AwsError> {
        let arn = required("resourceARN", request.resource_arn)?;
        let tags = checked(Some(required("tags", request.tags)?))?;
        self.change_tags(&arn, |present| present.extend(tags))
    }

    pub(super) fn untag_resource(&self, request: Request) -> Result<Value, AwsError> {
        let arn = required("resourceARN", request.resource_arn)?;
        let keys = required("tagKeys", request.tag_keys)?;
        self.change_tags(&arn, |present| present.retain(|key, _| !keys.contains(key)))
    }

    pub(super) fn list_tags_for_resource(&self, request: Request) -> Result<Value, AwsError> {
        let arn = required("resourceARN", request.resource_arn)?;
        let state = self.durable.state();
        let tags = match self.tagged(&state, &arn)? {
            Change::Rule(rule) => rule.tags,
            Change::Bus(bus) => bus.tags,
            _ => BTreeMap::new(),
        };
        let tags: Vec<Value> = tags.into_iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        Ok(json!({ "Tags": tags }))
    }

    fn change_tags(&self, arn: &str, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<Value, AwsError> {
        let mut state = self.durable.state();
        let mut changed = self.tagged(&state, arn)?;
        let tags = match &mut changed {
            Change::Rule(rule) => &mut rule.tags,
            Change::Bus(bus) => &mut bus.tags,
            _ => return Ok(json!({})),
        };
        change(tags);
        if tags.len() > MAX_TAGS {
            return Err(request::limit_exceeded());
        }
        self.commit(&mut state, vec![changed])?;
        Ok(json!({}))
    }

    /// The change that stores the rule or bus of this ARN as it is.
    fn tagged(&self, state: &State, arn: &str) -> Result<Change, AwsError> {
        let resource = arn.strip_prefix(&self.ctx.account_region.arn("events", ""));
        let missing = || not_found(format!("Resource {arn} does not exist."));
        match resource.and_then(|resource| resource.split_once('/')).ok_or_else(missing)? {
            ("event-bus", bus) => {
                let name = existing_bus(state, Some(bus))?;
                state.buses.get(&name).map(|bus| Change::Bus(bus.settings.clone())).ok_or_else(missing)
            }
            ("rule", path) => {
                let (bus, name) = path.rsplit_once('/').unwrap_or(("default", path));
                Ok(Change::Rule(Box::new(existing_rule(state, Some(bus), name)?.clone())))
            }
            _ => Err(missing()),
        }
    }
}

/// The tags of a request by key.
pub(super) fn checked(tags: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, AwsError> {
    let tags: BTreeMap<_, _> = tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect();
    if tags.len() > MAX_TAGS {
        return Err(request::limit_exceeded());
    }
    Ok(tags)
}
