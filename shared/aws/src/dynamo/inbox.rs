//! The inbox on DynamoDB: a first claim is one conditional put, a resumed one a second put. The item has the id of the
//! attempt, so a claim whose answer was lost is known to be one's own when the put is repeated. The markers of once-only
//! commands are in the same table, under `<stream>/<command>`: one message may command two streams of a context.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use causeway::{
    MessageId, StreamId,
    delivery::inbox::{AttemptId, Claim, INBOX_RETENTION, Inbox, InboxError, InboxKey},
    failure::BoxError,
    log::commit::Commit,
};
use jiff::Timestamp;

use super::{
    attributes::{Item, item_of, number, read_number, read_text, text},
    table::{Condition, Table, Written},
};
use crate::capacity::CapacityMeter;

/// The partition key of the inbox table.
pub(super) const KEY: &str = "ticket";
/// When an item expires, in seconds since the epoch. DynamoDB deletes expired items late, so conditions compare it too.
pub(super) const EXPIRES: &str = "expires";
const VERSION: &str = "version";
const STATE: &str = "state";
const UNTIL: &str = "until";
/// The attempt that holds an open claim.
const ATTEMPT: &str = "attempt";
/// Present if an earlier attempt held the claim before.
const RESUMED: &str = "resumed";
const OPEN: &str = "open";
const CLOSED: &str = "closed";

/// The inbox on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoInbox {
    table: Table,
}

impl DynamoInbox {
    /// The inbox in `table`.
    pub fn new(client: Client, table: impl Into<String>, capacity: Arc<CapacityMeter>) -> Self {
        Self { table: Table { client, name: table.into(), capacity } }
    }

    async fn put(&self, key: &InboxKey, item: Item, condition: Option<Condition>) -> Result<Written, InboxError> {
        self.table.put(item, condition).await.map_err(|error| failed(key, error))
    }
}

#[async_trait]
impl Inbox for DynamoInbox {
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError> {
        let is_free = Condition {
            expression: "attribute_not_exists(#state) OR #expires <= :second",
            names: vec![("#state", STATE), ("#expires", EXPIRES)],
            values: vec![(":second", number(now.as_second()))],
        };
        let mut first = item(key, OPEN, until, now);
        first.insert(ATTEMPT.to_owned(), text(attempt.to_string()));
        let mut resumed = first.clone();
        resumed.insert(RESUMED.to_owned(), number(1));
        let holder = match self.put(key, first, Some(is_free)).await? {
            Written::Done => return Ok(Claim::First),
            Written::ConditionFailed(holder) => holder,
        };
        let claim = claim_of(key, holder.as_ref(), attempt)?;
        let is_over =
            |holder: &Item| read_number(holder, UNTIL).is_ok_and(|until| i128::from(until) <= now.as_nanosecond());
        if claim != Claim::Held || !holder.as_ref().is_some_and(is_over) {
            return Ok(claim);
        }
        let is_over = Condition {
            expression: "#state = :open AND #until <= :now",
            names: vec![("#state", STATE), ("#until", UNTIL)],
            values: vec![(":open", text(OPEN)), (":now", number(now.as_nanosecond()))],
        };
        match self.put(key, resumed, Some(is_over)).await? {
            Written::Done => Ok(Claim::Resumed),
            Written::ConditionFailed(holder) => claim_of(key, holder.as_ref(), attempt),
        }
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.put(key, item(key, CLOSED, now, now), None).await.map(|_| ())
    }

    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        // If the condition fails, the claim is completed, or another attempt has it.
        let expression = "#state = :open AND #attempt = :attempt";
        self.put(key, item(key, OPEN, now, now), Some(is_own(expression, attempt, Vec::new()))).await.map(|_| ())
    }

    async fn forget(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        // An expired item counts as none, and writing it needs no right to delete.
        let mut forgotten = item(key, OPEN, now, now);
        forgotten.insert(EXPIRES.to_owned(), number(now.as_second()));
        let expression = "#state = :open AND #attempt = :attempt AND attribute_not_exists(#resumed)";
        self.put(key, forgotten, Some(is_own(expression, attempt, vec![("#resumed", RESUMED)]))).await.map(|_| ())
    }
}

/// The condition that the attempt has the claim, with more names.
fn is_own(expression: &'static str, attempt: AttemptId, more: Vec<(&'static str, &'static str)>) -> Condition {
    Condition {
        expression,
        names: [vec![("#state", STATE), ("#attempt", ATTEMPT)], more].concat(),
        values: vec![(":open", text(OPEN)), (":attempt", text(attempt.to_string()))],
    }
}

/// What the stored claim means for this attempt.
fn claim_of(key: &InboxKey, stored: Option<&Item>, attempt: AttemptId) -> Result<Claim, InboxError> {
    let Some(stored) = stored else { return Err(failed(key, "the response does not hold the claim's item")) };
    match read_text(stored, STATE) {
        Ok(CLOSED) => Ok(Claim::Completed),
        Ok(OPEN) if read_text(stored, ATTEMPT) != Ok(attempt.to_string().as_str()) => Ok(Claim::Held),
        Ok(OPEN) if stored.contains_key(RESUMED) => Ok(Claim::Resumed),
        Ok(OPEN) => Ok(Claim::First),
        Ok(other) => Err(failed(key, format!("{STATE} is {other}"))),
        Err(reason) => Err(failed(key, reason)),
    }
}

fn item(key: &InboxKey, state: &str, until: Timestamp, touched: Timestamp) -> Item {
    // Rounded up, so that it never expires too early.
    let round_up = i64::from(touched.subsec_nanosecond() > 0);
    let expires = touched.as_second().saturating_add(INBOX_RETENTION.as_secs()).saturating_add(round_up);
    item_of([
        (KEY, text(key.to_string())),
        (STATE, text(state)),
        (UNTIL, number(until.as_nanosecond())),
        (EXPIRES, number(expires)),
    ])
}

fn failed(key: &InboxKey, source: impl Into<BoxError>) -> InboxError {
    InboxError { key: key.clone(), source: source.into() }
}

/// The key of the marker of a once-only command on a stream.
pub(super) fn marker_key(stream: &StreamId, command: &MessageId) -> (&'static str, AttributeValue) {
    (KEY, text(format!("{stream}/{command}")))
}

/// The marker of a once-only command: it is written with the command's commit and keeps a repeat from appending again.
pub(super) fn marker(commit: &Commit) -> Item {
    let expires = commit.at.as_second().saturating_add(INBOX_RETENTION.as_secs());
    item_of([
        marker_key(&commit.stream, &commit.command),
        (VERSION, number(commit.version)),
        (EXPIRES, number(expires)),
    ])
}

/// The version of the commit that a marker belongs to.
pub(super) fn marker_version(marker: &Item) -> Result<u64, String> {
    read_number(marker, VERSION)
}
