//! Reading and changing the attributes of a queue.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    attributes, error,
    queue::Queue,
    record::Record,
    redrive::{RedriveAllowPolicy, RedrivePolicy},
    turn::Turn,
};
use crate::aws_error::AwsError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Get {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(super) fn get(turn: &mut Turn<'_>, request: &Get) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let wanted = &request.attribute_names;
    if let Some(unknown) = wanted.iter().find(|wanted| *wanted != "All" && !attributes::is_known(wanted)) {
        return Err(error::unknown_attribute(unknown));
    }
    let mut all = all(turn, &name, turn.queue(&name)?);
    if !wanted.iter().any(|wanted| wanted == "All") {
        all.retain(|name, _| wanted.contains(name));
    }
    Ok(if all.is_empty() { json!({}) } else { json!({ "Attributes": all }) })
}

/// All attributes as they are now, the defaults among them.
pub(super) fn all(turn: &Turn<'_>, name: &str, queue: &Queue) -> BTreeMap<String, String> {
    let mut all = queue.settings.attributes.clone();
    for name in attributes::ALWAYS {
        all.insert(name.to_owned(), queue.number(name).to_string());
    }
    all.entry("SqsManagedSseEnabled".to_owned()).or_insert_with(|| "true".to_owned());
    if queue.is_fifo() {
        let defaults = [
            ("ContentBasedDeduplication", "false"),
            ("DeduplicationScope", "queue"),
            ("FifoThroughputLimit", "perQueue"),
        ];
        for (name, value) in defaults {
            all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    let (in_flight, delayed) = (queue.in_flight(turn.now), queue.delayed(turn.now));
    let visible = queue.held.len().saturating_sub(in_flight + delayed);
    let counted = [
        visible.to_string(),
        delayed.to_string(),
        in_flight.to_string(),
        queue.settings.created.as_second().to_string(),
        queue.settings.modified.as_second().to_string(),
        turn.place.arn(name),
    ];
    all.extend(attributes::COUNTED.iter().map(|name| (*name).to_owned()).zip(counted));
    all
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Set {
    queue_url: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

pub(super) fn set(turn: &mut Turn<'_>, request: &Set) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let mut settings = turn.queue(&name)?.settings.clone();
    if request.attributes.is_empty() {
        return Err(error::missing("Attribute.Name"));
    }
    if request.attributes.get("FifoQueue").is_some_and(|wanted| settings.attributes.get("FifoQueue") != Some(wanted)) {
        // Whether a queue is FIFO is said once, when it is made.
        return Err(error::unknown_attribute("FifoQueue"));
    }
    settings.attributes = attributes::merge(&settings.attributes, &request.attributes)?;
    let fifo = settings.attributes.contains_key("FifoQueue");
    check_redrive(turn, &name, fifo, request.attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty()))?;
    settings.modified = turn.now;
    turn.commit(vec![Record::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

/// A queue may send its dead letters to a queue of its kind that is there and takes them.
pub(super) fn check_redrive(
    turn: &Turn<'_>,
    name: &str,
    fifo: bool,
    policy_text: Option<&String>,
) -> Result<(), AwsError> {
    let Some(text) = policy_text else { return Ok(()) };
    let refuse = |reason: &str| Err(error::invalid("RedrivePolicy", text, reason));
    let policy = RedrivePolicy::read(text).map_err(|reason| error::invalid("RedrivePolicy", text, reason))?;
    let Some(target) = turn.name_of(&policy.target) else { return refuse("Dead letter target does not exist.") };
    let target = turn.queue(&target)?;
    if target.is_fifo() != fifo {
        return refuse("Dead-letter queue must be same type of queue as the source.");
    }
    let allows =
        target.settings.attributes.get("RedriveAllowPolicy").and_then(|text| RedriveAllowPolicy::read(text).ok());
    if allows.is_some_and(|allows| !allows.allows(&turn.place.arn(name))) {
        return refuse("The dead-letter queue's redrive allow policy does not allow this source queue.");
    }
    Ok(())
}
