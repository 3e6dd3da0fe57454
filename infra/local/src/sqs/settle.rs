//! What a receiver does with a message: deletes it, or keeps it for longer or shorter.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    batch, error,
    message::{Held, Lease},
    receipt::Receipt,
    record::Record,
    turn::{Turn, between},
};
use crate::aws_error::AwsError;

/// No receive lasts longer than twelve hours, however often it is prolonged.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Settle {
    queue_url: Option<String>,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SettleBatch {
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
    receipt_handle: Option<String>,
    visibility_timeout: Option<i64>,
}

pub(super) fn delete(turn: &mut Turn<'_>, request: &Settle) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    delete_entry(turn, &name, &request.entry)
}

pub(super) fn delete_batch(turn: &mut Turn<'_>, request: SettleBatch) -> Result<Value, AwsError> {
    each(turn, request, delete_entry)
}

pub(super) fn change(turn: &mut Turn<'_>, request: &Settle) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    change_entry(turn, &name, &request.entry)
}

pub(super) fn change_batch(turn: &mut Turn<'_>, request: SettleBatch) -> Result<Value, AwsError> {
    each(turn, request, change_entry)
}

fn each(
    turn: &mut Turn<'_>,
    request: SettleBatch,
    settle: fn(&mut Turn<'_>, &str, &Entry) -> Result<Value, AwsError>,
) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    batch::check(request.entries.iter().map(|entry| entry.id.as_str()))?;
    let mut answer = batch::Answer::default();
    for entry in request.entries {
        let settled = settle(turn, &name, &entry.entry);
        answer.add(&entry.id, settled);
    }
    Ok(answer.write())
}

fn delete_entry(turn: &mut Turn<'_>, name: &str, entry: &Entry) -> Result<Value, AwsError> {
    let receipt = Receipt::read(entry.receipt_handle.as_deref(), name)?;
    let (now, queue) = (turn.now, turn.queue(name)?);
    let held = queue.held.get(&receipt.sequence);
    if queue.is_fifo() && held.is_some_and(|held| held.lease.is_some() && !held.in_flight(now)) {
        // Somebody else may already have the next message of the group.
        let handle = entry.receipt_handle.as_deref().unwrap_or_default();
        return Err(error::invalid("ReceiptHandle", handle, "The receipt handle has expired."));
    }
    // An older handle is told that all is well, but the message stays with whom has it now.
    if held.is_some_and(|held| is_latest(held, &receipt)) {
        turn.commit(vec![Record::Gone { queue: name.to_owned(), sequences: vec![receipt.sequence] }])?;
    }
    Ok(json!({}))
}

/// A message that was not received since the start belongs to whom received it before.
fn is_latest(held: &Held, receipt: &Receipt) -> bool {
    held.lease.is_none_or(|lease| lease.number == receipt.lease)
}

fn change_entry(turn: &mut Turn<'_>, name: &str, entry: &Entry) -> Result<Value, AwsError> {
    let receipt = Receipt::read(entry.receipt_handle.as_deref(), name)?;
    let timeout = between("VisibilityTimeout", entry.visibility_timeout, 0, 43_200)?;
    let timeout = timeout.ok_or_else(|| error::missing("VisibilityTimeout"))?;
    let now = turn.now;
    let held = turn.held(name, receipt.sequence).filter(|held| is_latest(held, &receipt));
    let Some(held) = held else {
        let handle = entry.receipt_handle.as_deref().unwrap_or_default();
        let reason = "Message does not exist or is not available for visibility timeout change.";
        return Err(error::invalid("ReceiptHandle", handle, reason));
    };
    let Some(lease) = held.lease.filter(|lease| lease.until > now) else {
        let message = "The message referred to isn't in flight.";
        return Err(AwsError::sender("MessageNotInflight", message));
    };
    let until = now.saturating_add(SignedDuration::from_secs(i64::try_from(timeout).unwrap_or_default()));
    let until = until.map_err(|error| AwsError::receiver("InternalError", error.to_string()))?;
    if until.duration_since(lease.began) > LONGEST {
        let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
        return Err(error::invalid("VisibilityTimeout", timeout, reason));
    }
    held.lease = Some(Lease { until, ..lease });
    turn.wake();
    Ok(json!({}))
}
