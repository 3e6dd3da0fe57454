//! The attributes of a queue: their names and valid values, `GetQueueAttributes` and `SetQueueAttributes`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error,
    queue::Queue,
    redrive_policy::{RedriveAllowPolicy, RedrivePolicy},
    state::Change,
    transaction::{Transaction, parse},
};
use crate::aws_error::AwsError;

/// The number attributes: name, minimum, maximum, default.
const NUMBERS: [(&str, u64, u64, u64); 6] = [
    ("DelaySeconds", 0, 900, 0),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// The number attributes that every queue has, with their default if they were not set.
const ALWAYS_PRESENT: [&str; 5] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
];

/// The attributes that a FIFO queue has besides, with their defaults.
const FIFO_DEFAULTS: [(&str, &str); 3] =
    [("ContentBasedDeduplication", "false"), ("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")];

/// The read-only attributes.
const READ_ONLY: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// The attributes that an empty value removes.
const REMOVABLE: [&str; 4] = ["KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"];

pub(super) fn default_number(attribute: &str) -> u64 {
    NUMBERS.iter().find(|(name, ..)| *name == attribute).map_or(0, |(.., default)| *default)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetAttributes {
    queue_url: Option<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(super) fn get_attributes(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: GetAttributes = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let requested = &request.attribute_names;
    let is_known = |name: &str| {
        READ_ONLY.contains(&name) || check(name, "").err().is_none_or(|error| error.code != "InvalidAttributeName")
    };
    if let Some(unknown) = requested.iter().find(|name| *name != "All" && !is_known(name)) {
        return Err(error::unknown_attribute(unknown));
    }
    let mut attributes = effective(tx, &name, tx.queue(&name)?);
    if !requested.iter().any(|name| name == "All") {
        attributes.retain(|name, _| requested.contains(name));
    }
    Ok(if attributes.is_empty() { json!({}) } else { json!({ "Attributes": attributes }) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetAttributes {
    queue_url: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

pub(super) fn set_attributes(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: SetAttributes = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let mut settings = tx.queue(&name)?.settings.clone();
    if request.attributes.is_empty() {
        return Err(error::missing("Attribute.Name"));
    }
    if request.attributes.get("FifoQueue").is_some_and(|value| settings.attributes.get("FifoQueue") != Some(value)) {
        // The type of a queue is set once, when it is created.
        return Err(error::unknown_attribute("FifoQueue"));
    }
    settings.attributes = merge(&settings.attributes, &request.attributes)?;
    let fifo = settings.attributes.contains_key("FifoQueue");
    let policy = request.attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty());
    check_redrive_policy(tx, &name, fifo, policy)?;
    settings.modified = tx.now;
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

/// All attributes with their present values, including defaults.
pub(super) fn effective(tx: &Transaction<'_>, name: &str, queue: &Queue) -> BTreeMap<String, String> {
    let mut attributes = queue.settings.attributes.clone();
    for name in ALWAYS_PRESENT {
        attributes.insert(name.to_owned(), queue.number(name).to_string());
    }
    attributes.entry("SqsManagedSseEnabled".to_owned()).or_insert_with(|| "true".to_owned());
    for (name, value) in FIFO_DEFAULTS.into_iter().filter(|_| queue.is_fifo()) {
        attributes.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let (in_flight, delayed) = (queue.in_flight_count(tx.now), queue.delayed_count(tx.now));
    let visible = queue.messages.len().saturating_sub(in_flight + delayed);
    let read_only = [
        visible.to_string(),
        delayed.to_string(),
        in_flight.to_string(),
        queue.settings.created.as_second().to_string(),
        queue.settings.modified.as_second().to_string(),
        tx.location.arn(name),
    ];
    attributes.extend(READ_ONLY.iter().map(|name| (*name).to_owned()).zip(read_only));
    attributes
}

/// Returns the existing attributes with the requested ones set or removed, if all are valid.
pub(super) fn merge(
    existing: &BTreeMap<String, String>,
    requested: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, AwsError> {
    let mut merged = existing.clone();
    for (name, value) in requested {
        check(name, value)?;
        if value.is_empty() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    let fifo = merged.get("FifoQueue").is_some_and(|value| value == "true");
    match FIFO_DEFAULTS.iter().find(|(name, _)| !fifo && merged.contains_key(*name)) {
        Some((name, _)) => Err(error::unknown_attribute(name)),
        None => Ok(merged),
    }
}

/// Checks the value of an attribute on its own.
fn check(name: &str, value: &str) -> Result<(), AwsError> {
    if let Some((_, min, max, _)) = NUMBERS.iter().find(|(number, ..)| *number == name) {
        let number = value.parse::<u64>().ok().filter(|number| (min..=max).contains(&number));
        return number.map(|_| ()).ok_or_else(|| error::invalid_attribute(name));
    }
    if value.is_empty() && REMOVABLE.contains(&name) {
        return Ok(());
    }
    let is_valid = match name {
        "Policy" => serde_json::from_str::<serde_json::Map<String, Value>>(value).is_ok(),
        "KmsMasterKeyId" => true,
        "SqsManagedSseEnabled" | "ContentBasedDeduplication" => matches!(value, "true" | "false"),
        // AWS rejects the value `false`.
        "FifoQueue" => value == "true",
        "DeduplicationScope" => matches!(value, "queue" | "messageGroup"),
        "FifoThroughputLimit" => matches!(value, "perQueue" | "perMessageGroupId"),
        "RedrivePolicy" => {
            return RedrivePolicy::parse(value).map(|_| ()).map_err(|reason| error::invalid(name, value, reason));
        }
        "RedriveAllowPolicy" => {
            return RedriveAllowPolicy::parse(value).map(|_| ()).map_err(|reason| error::invalid(name, value, reason));
        }
        _ => return Err(error::unknown_attribute(name)),
    };
    if is_valid { Ok(()) } else { Err(error::invalid_attribute(name)) }
}

/// Checks that the dead-letter queue exists, has the same type as the source queue, and allows it.
pub(super) fn check_redrive_policy(
    tx: &Transaction<'_>,
    name: &str,
    fifo: bool,
    policy: Option<&String>,
) -> Result<(), AwsError> {
    let Some(text) = policy else { return Ok(()) };
    let invalid = |reason: &str| error::invalid("RedrivePolicy", text, reason);
    let policy = RedrivePolicy::parse(text).map_err(invalid)?;
    let target = tx.queue_name(&policy.target).ok_or_else(|| invalid("Dead letter target does not exist."))?;
    let target = tx.queue(&target)?;
    if target.is_fifo() != fifo {
        return Err(invalid("Dead-letter queue must be same type of queue as the source."));
    }
    let allow = target.settings.attributes.get("RedriveAllowPolicy");
    let allow = allow.and_then(|text| RedriveAllowPolicy::parse(text).ok());
    if allow.is_some_and(|allow| !allow.allows(&tx.location.arn(name))) {
        return Err(invalid("The dead-letter queue's redrive allow policy does not allow this source queue."));
    }
    Ok(())
}
