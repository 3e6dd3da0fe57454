//! A received message as it is answered.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{
    digest, error,
    message::{Attribute, Held},
    receipt::Receipt,
};
use crate::aws_error::AwsError;

/// What a receiver may ask about a message.
const SYSTEM: [&str; 9] = [
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
];

pub(super) fn check_names(wanted: &[&String]) -> Result<(), AwsError> {
    match wanted.iter().find(|name| *name != &"All" && !SYSTEM.contains(&name.as_str())) {
        Some(unknown) => Err(error::unknown_attribute(unknown)),
        None => Ok(()),
    }
}

pub(super) fn write(
    held: &Held,
    queue: &str,
    fifo: bool,
    account: &str,
    wanted: &[&String],
    wanted_attributes: &[String],
) -> Value {
    let message = &held.message;
    let lease = held.lease.map_or(0, |lease| lease.number);
    let mut answer = json!({
        "MessageId": message.id,
        "ReceiptHandle": Receipt { sequence: message.sequence, lease }.write(queue),
        "MD5OfBody": digest::of_body(&message.body),
        "Body": message.body,
    });
    let mut system = system(held, fifo, account);
    if !wanted.iter().any(|name| *name == "All") {
        system.retain(|name, _| wanted.contains(&name));
    }
    if !system.is_empty() {
        answer["Attributes"] = json!(system);
    }
    let own =
        message.attributes.iter().filter(|(name, _)| wanted_attributes.iter().any(|wanted| is_meant(wanted, name)));
    let own: BTreeMap<String, Attribute> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(digest) = digest::of_attributes(&own) {
        answer["MD5OfMessageAttributes"] = json!(digest);
        answer["MessageAttributes"] = json!(own);
    }
    answer
}

/// `All` and `.*` mean every attribute, `order.*` those that begin so.
fn is_meant(wanted: &str, name: &str) -> bool {
    wanted == "All" || wanted == name || wanted.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
}

fn system(held: &Held, fifo: bool, account: &str) -> BTreeMap<String, String> {
    let message = &held.message;
    let first = held.first_received.map(|first| first.as_millisecond().to_string());
    let texts = [
        ("SenderId", Some(account.to_owned())),
        ("SentTimestamp", Some(message.sent.as_millisecond().to_string())),
        ("ApproximateReceiveCount", Some(held.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", first),
        ("MessageGroupId", message.group.clone()),
        ("MessageDeduplicationId", message.deduplication.clone()),
        ("SequenceNumber", fifo.then(|| format!("{:020}", message.sequence))),
        ("AWSTraceHeader", message.trace.clone()),
        ("DeadLetterQueueSourceArn", message.dead_letter_source.clone()),
    ];
    texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
}
