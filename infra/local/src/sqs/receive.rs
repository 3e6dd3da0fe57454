//! `ReceiveMessage` with long polling. A message that was received too often is moved to the dead-letter queue instead.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    error,
    message::{Lease, Message, MessageAttribute, QueuedMessage, ReceiptHandle, attributes_md5, body_md5},
    queues::Request,
    state::{Change, Transaction, in_range},
};
use crate::aws_error::AwsError;

const MAX_IN_FLIGHT: usize = 120_000;
const SYSTEM_ATTRIBUTES: [&str; 9] = [
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

/// The end of the wait on the clock and in real time.
pub(super) fn wait_deadlines(
    tx: &Transaction<'_>,
    name: &str,
    request: &Request,
) -> Result<(Timestamp, Instant), AwsError> {
    let wait = in_range("WaitTimeSeconds", request.wait_time_seconds, 0, 20)?;
    let wait = wait.unwrap_or(tx.queue(name)?.number("ReceiveMessageWaitTimeSeconds"));
    let real_deadline = Instant::now() + Duration::from_secs(wait);
    let wait = SignedDuration::from_secs(i64::try_from(wait).unwrap_or_default());
    Ok((tx.now.checked_add(wait).unwrap_or(Timestamp::MAX), real_deadline))
}

pub(super) fn receive(tx: &mut Transaction<'_>, name: &str, request: &Request) -> Result<Vec<Value>, AwsError> {
    let max = in_range("MaxNumberOfMessages", request.max_number_of_messages, 1, 10)?.unwrap_or(1);
    in_range("WaitTimeSeconds", request.wait_time_seconds, 0, 20)?;
    let timeout = in_range("VisibilityTimeout", request.visibility_timeout, 0, 43_200)?;
    let system_names = [&request.attribute_names, &request.message_system_attribute_names];
    let system_names: Vec<&String> = system_names.into_iter().flatten().collect();
    let is_unknown = |name: &&&String| *name != &"All" && !SYSTEM_ATTRIBUTES.contains(&name.as_str());
    if let Some(unknown) = system_names.iter().find(is_unknown) {
        return Err(error::unknown_attribute(unknown));
    }
    let now = tx.now;
    dead_letter_exhausted(tx, name)?;
    let queue = tx.queue(name)?;
    let fifo = queue.is_fifo();
    let receivable = queue.receivable(now, usize::try_from(max).unwrap_or(1));
    let may_exceed = !receivable.is_empty() && queue.messages.len() > MAX_IN_FLIGHT;
    if may_exceed && queue.in_flight_count(now) >= MAX_IN_FLIGHT {
        let message = "The number of messages in flight has reached the limit of this queue.";
        // A FIFO queue returns no messages and no error.
        return if fifo { Ok(Vec::new()) } else { Err(AwsError::sender("OverLimit", message)) };
    }
    let timeout = timeout.unwrap_or(queue.number("VisibilityTimeout"));
    let timeout = SignedDuration::from_secs(i64::try_from(timeout).unwrap_or_default());
    let expires = now.checked_add(timeout).unwrap_or(Timestamp::MAX);
    let account = tx.endpoint.account_region.account.clone();
    let mut messages = Vec::new();
    for sequence in receivable {
        if let Some(queued) = tx.message_mut(name, sequence) {
            let (id, _) = Uuid::new_v4().as_u64_pair();
            queued.lease = Some(Lease { id, received: now, expires });
            queued.receive_count += 1;
            queued.first_received.get_or_insert(now);
            let mut described = describe(queued, name, &request.message_attribute_names);
            let mut system = system_attributes(queued, fifo, &account);
            if !system_names.iter().any(|name| *name == "All") {
                system.retain(|name, _| system_names.contains(&name));
            }
            if !system.is_empty() {
                described["Attributes"] = json!(system);
            }
            messages.push(described);
        }
    }
    Ok(messages)
}

/// Moves the messages that have reached the maximum receive count to the dead-letter queue, if that exists.
fn dead_letter_exhausted(tx: &mut Transaction<'_>, name: &str) -> Result<(), AwsError> {
    let queue = tx.queue(name)?;
    let Some(policy) = queue.redrive_policy() else { return Ok(()) };
    let Some(target) = tx.queue_name(&policy.target) else { return Ok(()) };
    let mut changes = Vec::new();
    let mut sequence = tx.state.next_sequence;
    for queued in queue.messages.values() {
        let received_here = queued.receive_count.saturating_sub(queued.message.received_before);
        if queued.visible_from() > tx.now || received_here < policy.max_receive_count {
            continue;
        }
        let message = Message {
            sequence,
            visible_from: tx.now,
            // Retention and deduplication start again in a FIFO dead-letter queue.
            enqueued: if queue.is_fifo() { tx.now } else { queued.message.enqueued },
            deduplication: queue.is_fifo().then(|| queued.message.id.clone()),
            dead_letter_source: Some(tx.endpoint.queue_arn(name)),
            received_before: queued.receive_count,
            ..queued.message.clone()
        };
        sequence += 1;
        let (from, to) = (name.to_owned(), target.clone());
        changes.push(Change::Moved { from, sequence: queued.message.sequence, to, message });
    }
    tx.commit(changes)
}

/// The message in a response, without its system attributes.
fn describe(queued: &QueuedMessage, queue: &str, attribute_names: &[String]) -> Value {
    let message = &queued.message;
    let lease = queued.lease.map_or(0, |lease| lease.id);
    let mut described = json!({
        "MessageId": message.id,
        "ReceiptHandle": ReceiptHandle { sequence: message.sequence, lease }.encode(queue),
        "MD5OfBody": body_md5(&message.body),
        "Body": message.body,
    });
    let is_requested = |name: &str| attribute_names.iter().any(|requested| selects(requested, name));
    let attributes = message.attributes.iter().filter(|(name, _)| is_requested(name));
    let attributes: BTreeMap<String, MessageAttribute> =
        attributes.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(md5) = attributes_md5(&attributes) {
        described["MD5OfMessageAttributes"] = json!(md5);
        described["MessageAttributes"] = json!(attributes);
    }
    described
}

/// `All`, `*` and `.*` select every attribute, `order.*` those that start with `order`.
fn selects(requested: &str, name: &str) -> bool {
    matches!(requested, "All" | "*")
        || requested == name
        || requested.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
}

fn system_attributes(queued: &QueuedMessage, fifo: bool, account: &str) -> BTreeMap<String, String> {
    let message = &queued.message;
    let first_received = queued.first_received.map(|first| first.as_millisecond().to_string());
    let attributes = [
        ("SenderId", Some(account.to_owned())),
        ("SentTimestamp", Some(message.sent.as_millisecond().to_string())),
        ("ApproximateReceiveCount", Some(queued.receive_count.to_string())),
        ("ApproximateFirstReceiveTimestamp", first_received),
        ("MessageGroupId", message.group.clone()),
        ("MessageDeduplicationId", message.deduplication.clone()),
        ("SequenceNumber", fifo.then(|| format!("{:020}", message.sequence))),
        ("AWSTraceHeader", message.trace.clone()),
        ("DeadLetterQueueSourceArn", message.dead_letter_source.clone()),
    ];
    attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
