//! `SendMessage` and `SendMessageBatch`.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    batch::BatchEntry,
    digest, error,
    message::{Message, MessageAttribute, message_size},
    state::Change,
    transaction::{Transaction, in_range},
};
use crate::aws_error::AwsError;

/// The maximum number of bytes in a batch.
const MAX_BATCH_SIZE: usize = 1_048_576;

/// The maximum number of attributes of a message.
const MAX_ATTRIBUTES: usize = 10;

/// Why a parameter is invalid for a standard or for a FIFO queue.
const WRONG_QUEUE_TYPE: &str = "The request include parameter that is not valid for this queue type.";

/// The request of `SendMessage`, or an entry of `SendMessageBatch`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<i64>,
    message_attributes: Option<BTreeMap<String, MessageAttribute>>,
    message_system_attributes: Option<BTreeMap<String, MessageAttribute>>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
}

/// Checks the size of a batch as a whole.
pub(super) fn check_batch_size(entries: &[BatchEntry<Entry>]) -> Result<(), AwsError> {
    let none = BTreeMap::new();
    let sizes = entries.iter().map(|BatchEntry { entry, .. }| {
        message_size(&entry.message_body, entry.message_attributes.as_ref().unwrap_or(&none))
    });
    match sizes.sum::<usize>() {
        ..=MAX_BATCH_SIZE => Ok(()),
        size => {
            let message =
                format!("Batch requests cannot be longer than {MAX_BATCH_SIZE} bytes. You have sent {size} bytes.");
            Err(AwsError::sender("BatchRequestTooLong", message))
        }
    }
}

pub(super) fn send_message(tx: &mut Transaction<'_>, name: &str, entry: Entry) -> Result<Value, AwsError> {
    let queue = tx.queue(name)?;
    let fifo = queue.is_fifo();
    let attributes = entry.message_attributes.unwrap_or_default();
    let system = entry.message_system_attributes.unwrap_or_default();
    check_body(&entry.message_body)?;
    check_attributes(&attributes)?;
    check_system_attributes(&system)?;
    let max_size = usize::try_from(queue.number("MaximumMessageSize")).unwrap_or(usize::MAX);
    if message_size(&entry.message_body, &attributes) > max_size {
        let message =
            format!("One or more parameters are invalid. Reason: Message must be shorter than {max_size} bytes.");
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    if let Some(group) = &entry.message_group_id {
        check_fifo_id("MessageGroupId", group)?;
    }
    if let Some(id) = &entry.message_deduplication_id {
        check_fifo_id("MessageDeduplicationId", id)?;
    }
    let own_delay = in_range("DelaySeconds", entry.delay_seconds, 0, 900)?;
    let deduplication = if fifo {
        // A FIFO queue only has a delay for the whole queue.
        if let Some(seconds @ 1..) = own_delay {
            return Err(error::invalid("DelaySeconds", seconds, WRONG_QUEUE_TYPE));
        }
        if entry.message_group_id.is_none() {
            return Err(error::missing("MessageGroupId"));
        }
        match entry.message_deduplication_id {
            Some(id) => Some(id),
            None if queue.is_true("ContentBasedDeduplication") => Some(digest::of_content(&entry.message_body)),
            None => {
                let message = "The queue should either have ContentBasedDeduplication enabled or \
                               MessageDeduplicationId provided explicitly";
                return Err(AwsError::sender("InvalidParameterValue", message));
            }
        }
    } else if let Some(id) = entry.message_deduplication_id {
        return Err(error::invalid("MessageDeduplicationId", id, WRONG_QUEUE_TYPE));
    } else {
        None
    };
    let delay = own_delay.unwrap_or_else(|| queue.number("DelaySeconds"));
    let delay = SignedDuration::from_secs(i64::try_from(delay).unwrap_or_default());
    let message = Message {
        sequence: tx.state.next_sequence,
        id: Uuid::new_v4().to_string(),
        body: entry.message_body,
        attributes,
        trace: system.get("AWSTraceHeader").and_then(|trace| trace.string_value.clone()),
        sent: tx.now,
        enqueued: tx.now,
        visible_from: tx.now.checked_add(delay).unwrap_or(tx.now),
        group: entry.message_group_id,
        deduplication,
        dead_letter_source: None,
        received_before: 0,
    };
    let mut response = json!({ "MD5OfMessageBody": digest::of_body(&message.body) });
    if let Some(digest) = digest::of_attributes(&message.attributes) {
        response["MD5OfMessageAttributes"] = json!(digest);
    }
    if let Some(digest) = digest::of_attributes(&system) {
        response["MD5OfMessageSystemAttributes"] = json!(digest);
    }
    let earlier = queue.deduplication_key(&message).and_then(|key| queue.deduplication.get(&key).cloned());
    let (id, sequence) = match earlier.filter(|sent| sent.deduplicates(tx.now)) {
        // A duplicate gets the response of the first message.
        Some(sent) => (sent.id, sent.sequence),
        None => {
            let sent = (message.id.clone(), message.sequence);
            tx.commit(vec![Change::Sent { queue: name.to_owned(), message }])?;
            sent
        }
    };
    response["MessageId"] = json!(id);
    if fifo {
        response["SequenceNumber"] = json!(format!("{sequence:020}"));
    }
    Ok(response)
}

fn check_body(body: &str) -> Result<(), AwsError> {
    if body.is_empty() {
        return Err(error::missing("MessageBody"));
    }
    if !body.chars().all(is_allowed_character) {
        let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                       #xE000 to #xFFFD | #x10000 to #x10FFFF";
        return Err(AwsError::sender("InvalidMessageContents", message));
    }
    Ok(())
}

fn is_allowed_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

fn check_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Result<(), AwsError> {
    if attributes.len() > MAX_ATTRIBUTES {
        let message = format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MAX_ATTRIBUTES}].",
            attributes.len()
        );
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    attributes.iter().try_for_each(|(name, attribute)| {
        if is_attribute_name(name) {
            check_attribute_value(name, attribute)
        } else {
            let message = format!("The message attribute name '{name}' is invalid.");
            Err(AwsError::sender("InvalidParameterValue", message))
        }
    })
}

fn is_attribute_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (1..=256).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !(name.starts_with('.') || name.ends_with('.') || name.contains(".."))
        && !(lower.starts_with("aws.") || lower.starts_with("amazon."))
}

fn check_attribute_value(name: &str, attribute: &MessageAttribute) -> Result<(), AwsError> {
    let invalid = |reason: &str| {
        let message = format!("The message attribute '{name}' {reason}");
        Err(AwsError::sender("InvalidParameterValue", message))
    };
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    let text = attribute.string_value.as_deref().unwrap_or_default();
    match kind {
        "" => invalid("must contain a non-empty message attribute type."),
        "String" | "Number" if text.is_empty() => {
            invalid(&format!("must contain a non-empty message attribute value for message attribute type '{kind}'."))
        }
        "String" if !text.chars().all(is_allowed_character) => invalid("contains invalid characters."),
        "Number" if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(()),
        "Number" => invalid("has no number as its value."),
        "String" => Ok(()),
        "Binary" if attribute.binary().is_some_and(|bytes| !bytes.is_empty()) => Ok(()),
        "Binary" => invalid("must contain a non-empty message attribute value for message attribute type 'Binary'."),
        _ => invalid(
            "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
        ),
    }
}

fn check_system_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Result<(), AwsError> {
    attributes.iter().try_for_each(|(name, attribute)| {
        if name != "AWSTraceHeader" || attribute.data_type != "String" {
            let message = format!("Message system attribute name '{name}' is invalid.");
            return Err(AwsError::sender("InvalidParameterValue", message));
        }
        check_attribute_value(name, attribute)
    })
}

/// Checks a message group id or deduplication id.
fn check_fifo_id(parameter: &str, id: &str) -> Result<(), AwsError> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = "It can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    Err(error::invalid(parameter, id, reason))
}
