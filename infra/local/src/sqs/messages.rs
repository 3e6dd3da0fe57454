//! The operations on messages, singly and in batches of up to ten entries: `SendMessage`, `DeleteMessage` and
//! `ChangeMessageVisibility`.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    error,
    message::{
        Lease, Message, MessageAttribute, ReceiptHandle, attributes_md5, body_md5, content_deduplication_id,
        message_size,
    },
    state::{Change, Transaction, in_range},
};
use crate::aws_error::{AwsError, read};

const MAX_ENTRIES: usize = 10;
/// The maximum number of bytes in a batch.
const MAX_BATCH_SIZE: usize = 1_048_576;
const MAX_ATTRIBUTES: usize = 10;
/// Why a parameter is invalid for a standard or for a FIFO queue.
const WRONG_QUEUE_TYPE: &str = "The request include parameter that is not valid for this queue type.";
const NO_DEDUPLICATION_ID: &str =
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
/// The maximum time from a receive to the end of its visibility timeout, however often it is extended.
const MAX_VISIBILITY: SignedDuration = SignedDuration::from_hours(12);

/// The request of an operation on a batch of entries.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "E: DeserializeOwned"))]
struct BatchRequest<E> {
    queue_url: Option<String>,
    #[serde(default)]
    entries: Vec<BatchEntry<E>>,
}

/// An entry of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "E: DeserializeOwned"))]
pub(super) struct BatchEntry<E> {
    #[serde(default)]
    id: String,
    #[serde(flatten)]
    pub(super) entry: E,
}

pub(super) type BatchCheck<E> = fn(&Transaction<'_>, &str, &[BatchEntry<E>]) -> Result<(), AwsError>;
pub(super) type EntryOperation<E> = fn(&mut Transaction<'_>, &str, E) -> Result<Value, AwsError>;

pub(super) fn single<E: DeserializeOwned>(
    tx: &mut Transaction<'_>,
    body: Value,
    operation: EntryOperation<E>,
) -> Result<Value, AwsError> {
    let queue = tx.open_queue(body["QueueUrl"].as_str())?;
    operation(tx, &queue, read(body)?)
}

/// The check of a batch that is refused for its entry ids only.
pub(super) fn no_check<E>(_: &Transaction<'_>, _: &str, _: &[BatchEntry<E>]) -> Result<(), AwsError> {
    Ok(())
}

/// Applies the operation to each entry of the batch, if the batch as a whole passes the check.
pub(super) fn batch<E: DeserializeOwned>(
    tx: &mut Transaction<'_>,
    body: Value,
    check: BatchCheck<E>,
    operation: EntryOperation<E>,
) -> Result<Value, AwsError> {
    let request: BatchRequest<E> = read(body)?;
    let queue = tx.open_queue(request.queue_url.as_deref())?;
    check_ids(request.entries.iter().map(|entry| entry.id.as_str()))?;
    check(tx, &queue, &request.entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for BatchEntry { id, entry } in request.entries {
        match operation(tx, &queue, entry) {
            Ok(mut result) => {
                result["Id"] = json!(id);
                successful.push(result);
            }
            Err(error) => failed.push(json!({
                "Id": id,
                "Code": error.code,
                "Message": error.message,
                "SenderFault": error.status < 500,
            })),
        }
    }
    let mut response = json!({ "Successful": successful });
    if !failed.is_empty() {
        response["Failed"] = json!(failed);
    }
    Ok(response)
}

fn check_ids<'entries>(ids: impl Iterator<Item = &'entries str> + Clone) -> Result<(), AwsError> {
    let count = ids.clone().count();
    if count == 0 {
        return Err(AwsError::sender("EmptyBatchRequest", "There should be at least one entry in the request."));
    }
    if count > MAX_ENTRIES {
        return Err(AwsError::sender(
            "TooManyEntriesInBatchRequest",
            format!("Maximum number of entries per request are {MAX_ENTRIES}. You have sent {count}."),
        ));
    }
    let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !ids.clone().all(|id| (1..=80).contains(&id.len()) && id.bytes().all(is_id_byte)) {
        return Err(AwsError::sender(
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 \
             letters long.",
        ));
    }
    match ids.clone().enumerate().find(|(index, id)| ids.clone().take(*index).any(|before| before == *id)) {
        Some((_, id)) => Err(AwsError::sender("BatchEntryIdsNotDistinct", format!("Id {id} repeated."))),
        None => Ok(()),
    }
}

/// The request of `SendMessage`, or an entry of `SendMessageBatch`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendEntry {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<i64>,
    message_attributes: Option<BTreeMap<String, MessageAttribute>>,
    message_system_attributes: Option<BTreeMap<String, MessageAttribute>>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
    /// The header of the request, which HTTP adds to the fields of `SendMessage`.
    #[serde(rename = "X-Amzn-Trace-Id")]
    trace_header: Option<String>,
}

/// What a whole batch is refused for: its size and, in a FIFO queue, an entry without a group or deduplication id.
pub(super) fn check_batch(tx: &Transaction<'_>, name: &str, entries: &[BatchEntry<SendEntry>]) -> Result<(), AwsError> {
    check_batch_size(entries)?;
    let queue = tx.queue(name)?;
    let incomplete = entries.iter().filter(|_| queue.is_fifo()).find_map(|BatchEntry { entry, .. }| {
        let needs_id = entry.message_deduplication_id.is_none() && !queue.is_true("ContentBasedDeduplication");
        match &entry.message_group_id {
            None => Some(error::missing("MessageGroupId").message),
            Some(_) => needs_id.then(|| NO_DEDUPLICATION_ID.to_owned()),
        }
    });
    incomplete.map_or(Ok(()), |message| Err(error::invalid_parameter(message)))
}

fn check_batch_size(entries: &[BatchEntry<SendEntry>]) -> Result<(), AwsError> {
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

pub(super) fn send_message(tx: &mut Transaction<'_>, name: &str, entry: SendEntry) -> Result<Value, AwsError> {
    let queue = tx.queue(name)?;
    let fifo = queue.is_fifo();
    let attributes = entry.message_attributes.unwrap_or_default();
    let system = entry.message_system_attributes.unwrap_or_default();
    check_body(&entry.message_body)?;
    check_attributes(&attributes)?;
    check_system_attributes(&system)?;
    let max_size = usize::try_from(queue.number("MaximumMessageSize")).unwrap_or(usize::MAX);
    if message_size(&entry.message_body, &attributes) > max_size {
        return Err(error::invalid_parameter(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {max_size} bytes."
        )));
    }
    if let Some(group) = &entry.message_group_id {
        check_fifo_id("MessageGroupId", group)?;
    }
    if let Some(id) = &entry.message_deduplication_id {
        check_fifo_id("MessageDeduplicationId", id)?;
    }
    // In a FIFO queue 0 is the same as none.
    let own_delay = in_range("DelaySeconds", entry.delay_seconds, 0, 900)?.filter(|seconds| !fifo || *seconds > 0);
    let deduplication = if fifo {
        // A FIFO queue only has a delay for the whole queue.
        if let Some(seconds) = own_delay {
            return Err(error::invalid("DelaySeconds", seconds, WRONG_QUEUE_TYPE));
        }
        if entry.message_group_id.is_none() {
            return Err(error::missing("MessageGroupId"));
        }
        match entry.message_deduplication_id {
            Some(id) => Some(id),
            None if queue.is_true("ContentBasedDeduplication") => Some(content_deduplication_id(&entry.message_body)),
            None => {
                return Err(error::invalid_parameter(NO_DEDUPLICATION_ID));
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
        trace: system.get("AWSTraceHeader").and_then(|trace| trace.string_value.clone()).or(entry.trace_header),
        sent: tx.now,
        enqueued: tx.now,
        visible_from: tx.now.checked_add(delay).unwrap_or(tx.now),
        group: entry.message_group_id,
        deduplication,
        dead_letter_source: None,
        received_before: 0,
    };
    let mut response = json!({ "MD5OfMessageBody": body_md5(&message.body) });
    if let Some(digest) = attributes_md5(&message.attributes) {
        response["MD5OfMessageAttributes"] = json!(digest);
    }
    if let Some(digest) = attributes_md5(&system) {
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
        return Err(AwsError::sender(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                       #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ));
    }
    Ok(())
}

fn is_allowed_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

fn check_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Result<(), AwsError> {
    if attributes.len() > MAX_ATTRIBUTES {
        return Err(error::invalid_parameter(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MAX_ATTRIBUTES}].",
            attributes.len()
        )));
    }
    attributes.iter().try_for_each(|(name, attribute)| {
        if is_attribute_name(name) {
            check_attribute_value(name, attribute)
        } else {
            Err(error::invalid_parameter(format!("The message attribute name '{name}' is invalid.")))
        }
    })
}

fn is_attribute_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (1..=256).contains(&name.len())
        && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        && !(name.starts_with('.') || name.ends_with('.') || name.contains(".."))
        && !(lower.starts_with("aws.") || lower.starts_with("amazon."))
}

fn check_attribute_value(name: &str, attribute: &MessageAttribute) -> Result<(), AwsError> {
    let invalid = |reason: &str| Err(error::invalid_parameter(format!("The message attribute '{name}' {reason}")));
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
            return Err(error::invalid_parameter(format!("Message system attribute name '{name}' is invalid.")));
        }
        check_attribute_value(name, attribute)
    })
}

fn check_fifo_id(parameter: &str, id: &str) -> Result<(), AwsError> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = "It can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    Err(error::invalid(parameter, id, reason))
}

/// The request of `DeleteMessage` and `ChangeMessageVisibility`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiptEntry {
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(super) fn delete_message(tx: &mut Transaction<'_>, name: &str, entry: ReceiptEntry) -> Result<Value, AwsError> {
    let handle = ReceiptHandle::decode(entry.receipt_handle.as_deref(), name)?;
    let (now, queue) = (tx.now, tx.queue(name)?);
    let queued = queue.messages.get(&handle.sequence);
    if queue.is_fifo() && queued.is_some_and(|queued| queued.lease.is_some() && !queued.is_in_flight(now)) {
        // Another consumer may already have received the message.
        let handle = entry.receipt_handle.unwrap_or_default();
        return Err(error::invalid("ReceiptHandle", handle, "The receipt handle has expired."));
    }
    // With an older handle the operation succeeds, but the message is not deleted.
    if queued.is_some_and(|queued| queued.is_latest_receive(&handle)) {
        tx.commit(vec![Change::Deleted { queue: name.to_owned(), sequences: vec![handle.sequence] }])?;
    }
    Ok(json!({}))
}

pub(super) fn change_visibility(tx: &mut Transaction<'_>, name: &str, entry: ReceiptEntry) -> Result<Value, AwsError> {
    let handle = ReceiptHandle::decode(entry.receipt_handle.as_deref(), name)?;
    let timeout = in_range("VisibilityTimeout", entry.visibility_timeout, 0, 43_200)?;
    let timeout = timeout.ok_or_else(|| error::missing("VisibilityTimeout"))?;
    let now = tx.now;
    // The handle of any receive will do, also after its visibility timeout.
    let Some(queued) = tx.message_mut(name, handle.sequence) else {
        let handle = entry.receipt_handle.unwrap_or_default();
        let reason = "Message does not exist or is not available for visibility timeout change.";
        return Err(error::invalid("ReceiptHandle", handle, reason));
    };
    let expires = now.saturating_add(SignedDuration::from_secs(i64::try_from(timeout).unwrap_or_default()));
    let expires = expires.map_err(|error| AwsError::receiver("InternalError", error.to_string()))?;
    let in_flight = queued.lease.filter(|lease| lease.expires > now);
    if in_flight.is_some_and(|lease| expires.duration_since(lease.received) > MAX_VISIBILITY) {
        let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
        return Err(error::invalid("VisibilityTimeout", timeout, reason));
    }
    let lease = queued.lease.unwrap_or(Lease { id: handle.lease, received: now, expires });
    queued.lease = Some(Lease { expires, ..lease });
    tx.wake_receivers();
    Ok(json!({}))
}
