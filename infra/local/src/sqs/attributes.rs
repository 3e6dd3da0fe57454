//! The attributes of a queue: which there are, and what they may say.

use std::collections::BTreeMap;

use super::{
    error,
    redrive::{RedriveAllowPolicy, RedrivePolicy},
};
use crate::aws_error::AwsError;

/// Those that say a number: name, least, most, default.
const NUMBERS: [(&str, u64, u64, u64); 6] = [
    ("DelaySeconds", 0, 900, 0),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// Those that are always answered.
pub(super) const ALWAYS: [&str; 5] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
];

/// Those that nobody sets.
pub(super) const COUNTED: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// Those that an empty value takes away.
const REMOVABLE: [&str; 4] = ["KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"];

pub(super) fn default_number(attribute: &str) -> u64 {
    NUMBERS.iter().find(|(name, ..)| *name == attribute).map_or(0, |(.., default)| *default)
}

/// Whether an attribute of this name can be asked for.
pub(super) fn is_known(name: &str) -> bool {
    COUNTED.contains(&name) || check(name, "").err().is_none_or(|error| error.code != "InvalidAttributeName")
}

/// Takes the wanted attributes over the present ones, or says which is wrong.
pub(super) fn merge(
    present: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, AwsError> {
    let mut merged = present.clone();
    for (name, value) in wanted {
        check(name, value)?;
        if value.is_empty() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    let fifo = merged.get("FifoQueue").is_some_and(|value| value == "true");
    let for_fifo = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];
    match for_fifo.iter().find(|name| !fifo && merged.contains_key(**name)) {
        Some(name) => Err(error::unknown_attribute(name)),
        None => Ok(merged),
    }
}

fn check(name: &str, value: &str) -> Result<(), AwsError> {
    if let Some((_, least, most, _)) = NUMBERS.iter().find(|(number, ..)| *number == name) {
        let number = value.parse::<u64>().ok().filter(|number| (least..=most).contains(&number));
        return number.map(|_| ()).ok_or_else(|| error::invalid_attribute(name));
    }
    if value.is_empty() && REMOVABLE.contains(&name) {
        return Ok(());
    }
    let fits = match name {
        "Policy" => serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(value).is_ok(),
        "KmsMasterKeyId" => true,
        "SqsManagedSseEnabled" | "ContentBasedDeduplication" => matches!(value, "true" | "false"),
        // A queue is FIFO or it is not; there is no saying that it is not.
        "FifoQueue" => value == "true",
        "DeduplicationScope" => matches!(value, "queue" | "messageGroup"),
        "FifoThroughputLimit" => matches!(value, "perQueue" | "perMessageGroupId"),
        "RedrivePolicy" => {
            return RedrivePolicy::read(value).map(|_| ()).map_err(|reason| error::invalid(name, value, reason));
        }
        "RedriveAllowPolicy" => {
            return RedriveAllowPolicy::read(value).map(|_| ()).map_err(|reason| error::invalid(name, value, reason));
        }
        _ => return Err(error::unknown_attribute(name)),
    };
    if fits { Ok(()) } else { Err(error::invalid_attribute(name)) }
}
