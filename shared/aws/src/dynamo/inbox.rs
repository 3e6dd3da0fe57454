//! The inbox on DynamoDB: a claim is one conditional put, whose response holds the item before it. The markers of
//! once-only commands are in the same table, under `<stream>/<command>`: one message may command two streams of a context.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, types::ReturnValue};
use causeway::{
    delivery::inbox::{Claim, INBOX_RETENTION, Inbox, InboxError, InboxKey},
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
        self.table.put(item, condition, Some(ReturnValue::AllOld)).await.map_err(|error| failed(key, error))
    }
}

#[async_trait]
impl Inbox for DynamoInbox {
    async fn claim(&self, key: &InboxKey, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError> {
        let is_free = Condition {
            expression: "attribute_not_exists(#state) OR #expires <= :second OR (#state = :open AND #until <= :now)",
            names: vec![("#state", STATE), ("#until", UNTIL), ("#expires", EXPIRES)],
            values: vec![
                (":open", text(OPEN)),
                (":now", number(now.as_nanosecond())),
                (":second", number(now.as_second())),
            ],
        };
        match self.put(key, item(key, OPEN, until, now), Some(is_free)).await? {
            Written::Done(before) => {
                let resumed = before.is_some_and(|before| !is_expired(&before, now));
                Ok(if resumed { Claim::Resumed } else { Claim::First })
            }
            Written::ConditionFailed(Some(holder)) => match read_text(&holder, STATE) {
                Ok(CLOSED) => Ok(Claim::Completed),
                Ok(OPEN) => Ok(Claim::Held),
                Ok(other) => Err(failed(key, format!("{STATE} is {other}"))),
                Err(reason) => Err(failed(key, reason)),
            },
            Written::ConditionFailed(None) => Err(failed(key, "the response does not hold the claim's item")),
        }
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.put(key, item(key, CLOSED, now, now), None).await.map(|_| ())
    }

    async fn abandon(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        // If the condition fails, the claim is completed, and stays so.
        let expression = "attribute_not_exists(#state) OR #state = :open";
        self.put(key, item(key, OPEN, now, now), Some(is_open(expression))).await.map(|_| ())
    }

    async fn forget(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        // An expired item counts as none, and writing it needs no right to delete.
        let mut forgotten = item(key, OPEN, now, now);
        forgotten.insert(EXPIRES.to_owned(), number(now.as_second()));
        self.put(key, forgotten, Some(is_open("#state = :open"))).await.map(|_| ())
    }
}

fn is_open(expression: &'static str) -> Condition {
    Condition { expression, names: vec![("#state", STATE)], values: vec![(":open", text(OPEN))] }
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

/// An item without a readable expiry is not expired: to ask the gateway once more is the safe side.
fn is_expired(item: &Item, now: Timestamp) -> bool {
    let expires = read_number(item, EXPIRES).ok().and_then(|expires| i64::try_from(expires).ok());
    expires.is_some_and(|expires| expires <= now.as_second())
}

fn failed(key: &InboxKey, source: impl Into<BoxError>) -> InboxError {
    InboxError { key: key.clone(), source: source.into() }
}

/// The marker of a once-only command: it is written with the command's commit and keeps a repeat from appending again.
pub(super) fn marker(commit: &Commit) -> Item {
    let expires = commit.at.as_second().saturating_add(INBOX_RETENTION.as_secs());
    item_of([
        (KEY, text(format!("{}/{}", commit.stream, commit.command))),
        (VERSION, number(commit.version)),
        (EXPIRES, number(expires)),
    ])
}

/// The version of the commit that a marker belongs to.
pub(super) fn marker_version(marker: &Item) -> Result<u64, String> {
    read_number(marker, VERSION)
}
