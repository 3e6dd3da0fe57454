//! Operations on one entry, and their batch form: up to ten entries with distinct ids, each with a result of its own.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::transaction::{Transaction, parse};
use crate::aws_error::AwsError;

/// The maximum number of entries in a batch.
const MAX_ENTRIES: usize = 10;

/// The request of an operation on one entry.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "E: DeserializeOwned"))]
struct SingleRequest<E> {
    queue_url: Option<String>,
    #[serde(flatten)]
    entry: E,
}

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

/// An operation on one entry for the queue with this name.
pub(super) type EntryOperation<E> = fn(&mut Transaction<'_>, &str, E) -> Result<Value, AwsError>;

/// Applies the operation to the one entry of the request.
pub(super) fn single<E: DeserializeOwned>(
    tx: &mut Transaction<'_>,
    body: Value,
    operation: EntryOperation<E>,
) -> Result<Value, AwsError> {
    let request: SingleRequest<E> = parse(body)?;
    let queue = tx.open_queue(request.queue_url.as_deref())?;
    operation(tx, &queue, request.entry)
}

/// Applies the operation to each entry of the batch.
pub(super) fn batch<E: DeserializeOwned>(
    tx: &mut Transaction<'_>,
    body: Value,
    operation: EntryOperation<E>,
) -> Result<Value, AwsError> {
    batch_with_check(tx, body, |_| Ok(()), operation)
}

/// Applies the operation to each entry of the batch, if the batch as a whole passes the check.
pub(super) fn batch_with_check<E: DeserializeOwned>(
    tx: &mut Transaction<'_>,
    body: Value,
    check: fn(&[BatchEntry<E>]) -> Result<(), AwsError>,
    operation: EntryOperation<E>,
) -> Result<Value, AwsError> {
    let request: BatchRequest<E> = parse(body)?;
    let queue = tx.open_queue(request.queue_url.as_deref())?;
    check_ids(request.entries.iter().map(|entry| entry.id.as_str()))?;
    check(&request.entries)?;
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
        let message = "There should be at least one entry in the request.";
        return Err(AwsError::sender("EmptyBatchRequest", message));
    }
    if count > MAX_ENTRIES {
        let message = format!("Maximum number of entries per request are {MAX_ENTRIES}. You have sent {count}.");
        return Err(AwsError::sender("TooManyEntriesInBatchRequest", message));
    }
    if ids.clone().any(|id| !is_entry_id(id)) {
        let message = "The Id of an entry is 1 to 80 letters, digits, hyphens and underscores.";
        return Err(AwsError::sender("InvalidBatchEntryId", message));
    }
    match ids.clone().enumerate().find(|(index, id)| ids.clone().take(*index).any(|before| before == *id)) {
        Some((_, id)) => Err(AwsError::sender("BatchEntryIdsNotDistinct", format!("Id {id} repeated."))),
        None => Ok(()),
    }
}

fn is_entry_id(id: &str) -> bool {
    (1..=80).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
