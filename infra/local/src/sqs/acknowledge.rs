//! What a consumer does with a received message: `DeleteMessage` and `ChangeMessageVisibility`.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error,
    message::{Lease, ReceiptHandle},
    state::Change,
    transaction::{Transaction, in_range},
};
use crate::aws_error::AwsError;

/// The maximum time from a receive to the end of its visibility timeout, however often it is extended.
const MAX_VISIBILITY: SignedDuration = SignedDuration::from_hours(12);

/// The request of `DeleteMessage` and `ChangeMessageVisibility`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(super) fn delete_message(tx: &mut Transaction<'_>, name: &str, entry: Entry) -> Result<Value, AwsError> {
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

pub(super) fn change_visibility(tx: &mut Transaction<'_>, name: &str, entry: Entry) -> Result<Value, AwsError> {
    let handle = ReceiptHandle::decode(entry.receipt_handle.as_deref(), name)?;
    let timeout = in_range("VisibilityTimeout", entry.visibility_timeout, 0, 43_200)?;
    let timeout = timeout.ok_or_else(|| error::missing("VisibilityTimeout"))?;
    let now = tx.now;
    let queued = tx.message_mut(name, handle.sequence).filter(|queued| queued.is_latest_receive(&handle));
    let Some(queued) = queued else {
        let handle = entry.receipt_handle.unwrap_or_default();
        let reason = "Message does not exist or is not available for visibility timeout change.";
        return Err(error::invalid("ReceiptHandle", handle, reason));
    };
    let Some(lease) = queued.lease.filter(|lease| lease.expires > now) else {
        let message = "The message referred to isn't in flight.";
        return Err(AwsError::sender("MessageNotInflight", message));
    };
    let expires = now.saturating_add(SignedDuration::from_secs(i64::try_from(timeout).unwrap_or_default()));
    let expires = expires.map_err(|error| AwsError::receiver("InternalError", error.to_string()))?;
    if expires.duration_since(lease.received) > MAX_VISIBILITY {
        let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
        return Err(error::invalid("VisibilityTimeout", timeout, reason));
    }
    queued.lease = Some(Lease { expires, ..lease });
    tx.wake_receivers();
    Ok(json!({}))
}
