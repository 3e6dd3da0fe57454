//! Sending messages, one or a batch.

mod check;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    batch, digest, error,
    message::{Attribute, Message, size},
    record::Record,
    turn::{Turn, between},
};
use crate::aws_error::AwsError;

/// A batch may have so many bytes.
const LARGEST_BATCH: usize = 1_048_576;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Send {
    queue_url: Option<String>,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendBatch {
    queue_url: Option<String>,
    #[serde(default)]
    entries: Vec<BatchEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchEntry {
    #[serde(default)]
    id: String,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<i64>,
    message_attributes: Option<BTreeMap<String, Attribute>>,
    message_system_attributes: Option<BTreeMap<String, Attribute>>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

pub(super) fn send(turn: &mut Turn<'_>, request: Send) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    send_entry(turn, &name, request.entry)
}

pub(super) fn send_batch(turn: &mut Turn<'_>, request: SendBatch) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    batch::check(request.entries.iter().map(|entry| entry.id.as_str()))?;
    let none = BTreeMap::new();
    let sizes = request.entries.iter().map(|batch_entry| {
        let entry = &batch_entry.entry;
        size(&entry.message_body, entry.message_attributes.as_ref().unwrap_or(&none))
    });
    let sum: usize = sizes.sum();
    if sum > LARGEST_BATCH {
        let message = format!("Batch requests cannot be longer than {LARGEST_BATCH} bytes. You have sent {sum} bytes.");
        return Err(AwsError::sender("BatchRequestTooLong", message));
    }
    let mut answer = batch::Answer::default();
    for BatchEntry { id, entry } in request.entries {
        let sent = send_entry(turn, &name, entry);
        answer.add(&id, sent);
    }
    Ok(answer.write())
}

fn send_entry(turn: &mut Turn<'_>, name: &str, entry: Entry) -> Result<Value, AwsError> {
    let queue = turn.queue(name)?;
    let fifo = queue.is_fifo();
    let attributes = entry.message_attributes.unwrap_or_default();
    let system = entry.message_system_attributes.unwrap_or_default();
    check::body(&entry.message_body)?;
    check::attributes(&attributes)?;
    check::system_attributes(&system)?;
    let most = usize::try_from(queue.number("MaximumMessageSize")).unwrap_or(usize::MAX);
    if size(&entry.message_body, &attributes) > most {
        let message = format!("One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.");
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    if let Some(group) = &entry.message_group_id {
        check::fifo_id("MessageGroupId", group)?;
    }
    if let Some(id) = &entry.message_deduplication_id {
        check::fifo_id("MessageDeduplicationId", id)?;
    }
    let own_delay = between("DelaySeconds", entry.delay_seconds, 0, 900)?;
    let deduplication = if fifo {
        check::fifo_delay(own_delay)?;
        if entry.message_group_id.is_none() {
            return Err(error::missing("MessageGroupId"));
        }
        match entry.message_deduplication_id {
            Some(id) => Some(id),
            None if queue.is_on("ContentBasedDeduplication") => Some(digest::of_content(&entry.message_body)),
            None => {
                let message = "The queue should either have ContentBasedDeduplication enabled or \
                               MessageDeduplicationId provided explicitly";
                return Err(AwsError::sender("InvalidParameterValue", message));
            }
        }
    } else if let Some(id) = entry.message_deduplication_id {
        return Err(error::invalid("MessageDeduplicationId", id, check::NOT_FOR_THIS_TYPE));
    } else {
        None
    };
    let delay = own_delay.unwrap_or_else(|| queue.number("DelaySeconds"));
    let delay = SignedDuration::from_secs(i64::try_from(delay).unwrap_or_default());
    let message = Message {
        sequence: turn.state.next_sequence,
        id: Uuid::new_v4().to_string(),
        body: entry.message_body,
        attributes,
        trace: system.get("AWSTraceHeader").and_then(|trace| trace.string_value.clone()),
        sent: turn.now,
        enqueued: turn.now,
        visible_from: turn.now.checked_add(delay).unwrap_or(turn.now),
        group: entry.message_group_id,
        deduplication,
        dead_letter_source: None,
        received_before: 0,
    };
    let mut answer = json!({ "MD5OfMessageBody": digest::of_body(&message.body) });
    if let Some(digest) = digest::of_attributes(&message.attributes) {
        answer["MD5OfMessageAttributes"] = json!(digest);
    }
    if let Some(digest) = digest::of_attributes(&system) {
        answer["MD5OfMessageSystemAttributes"] = json!(digest);
    }
    let sent_before = queue.deduplication_key(&message).and_then(|key| queue.sent_before.get(&key).cloned());
    let (id, sequence) = match sent_before.filter(|sent| sent.counts(turn.now)) {
        // Who sends again is told what the first sending was told.
        Some(sent) => (sent.id, sent.sequence),
        None => {
            let sent = (message.id.clone(), message.sequence);
            turn.commit(vec![Record::Sent { queue: name.to_owned(), message }])?;
            sent
        }
    };
    answer["MessageId"] = json!(id);
    if fifo {
        answer["SequenceNumber"] = json!(format!("{sequence:020}"));
    }
    Ok(answer)
}
