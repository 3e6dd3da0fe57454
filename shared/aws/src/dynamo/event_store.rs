//! The event log on DynamoDB: a commit is one item, an append one conditional `PutItem`, a load one consistent `Query`.
//! The loser of a race gets the winner's commit with the conflict, and needs no further read.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::{query::builders::QueryFluentBuilder, transact_write_items::TransactWriteItemsError},
    types::{CancellationReason, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use causeway::{
    MessageId, StreamId,
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError},
    },
};

use super::{
    attributes::{Item, LIMIT, item_of, number, text, write_units},
    commit_item::{PackError, Packed, STREAM, VERSION, commit_of, pack},
    inbox::{EXPIRES, KEY, marker, marker_key, marker_version},
    table::{Condition, Table, Written},
};
use crate::capacity::CapacityMeter;

/// The event log on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoEventStore {
    events: Table,
    inbox: Table,
}

/// A range of a stream's commits, by the version of their first event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Range {
    From(u64),
    Until(u64),
}

impl DynamoEventStore {
    /// The log in `events_table`, with the markers of once-only commands in `inbox_table`.
    pub fn new(
        client: Client,
        events_table: impl Into<String>,
        inbox_table: impl Into<String>,
        capacity: Arc<CapacityMeter>,
    ) -> Self {
        let inbox = Table { client: client.clone(), name: inbox_table.into(), capacity: Arc::clone(&capacity) };
        Self { events: Table { client, name: events_table.into(), capacity }, inbox }
    }

    async fn put(&self, commit: &Commit, packed: Packed) -> Result<(), AppendError> {
        match self.events.put(packed.item, Some(is_absent())).await {
            Ok(Written::Done) => Ok(()),
            Ok(Written::ConditionFailed(winner)) => Err(conflict(commit, winner.as_ref())),
            Err(error) => Err(AppendError::Unavailable(error)),
        }
    }

    /// Writes the commit and the marker of its command in one transaction.
    async fn put_once(&self, commit: &Commit, packed: Packed) -> Result<(), AppendError> {
        let unmarked = Condition {
            expression: "attribute_not_exists(#ticket) OR #expires <= :now",
            names: vec![("#ticket", KEY), ("#expires", EXPIRES)],
            values: vec![(":now", number(commit.at.as_second()))],
        };
        let transaction = self
            .events
            .client
            .transact_write_items()
            .transact_items(conditional_put(&self.events.name, packed.item, &is_absent())?)
            .transact_items(conditional_put(&self.inbox.name, marker(commit), &unmarked)?)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match transaction.send().await {
            Ok(written) => {
                self.events.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    // A transaction prepares and commits, so each unit counts twice; the marker consumes one.
                    self.events.capacity.failed_condition(2 * (write_units(packed.bytes) + 1));
                    match failed_condition(commit, cancelled.cancellation_reasons()) {
                        Some(failed) => Err(failed),
                        None => Err(AppendError::Unavailable(error.into())),
                    }
                }
                _ => Err(AppendError::Unavailable(error.into())),
            },
        }
    }

    /// The stream's commits from `from` on, over all pages; or only the newest one.
    async fn query(&self, stream: &StreamId, from: u64, newest_only: bool) -> Result<Vec<Commit>, ReadError> {
        let mut commits = Vec::new();
        let mut after: Option<Item> = None;
        loop {
            let query = stream_query(&self.events.client, &self.events.name, stream, Range::From(from))
                .scan_index_forward(!newest_only)
                .set_limit(newest_only.then_some(1))
                .set_exclusive_start_key(after);
            let page = query.send().await.map_err(|error| ReadError::Unavailable(error.into()))?;
            self.events.capacity.read(page.consumed_capacity());
            for item in page.items() {
                commits.push(commit_of(item)?);
            }
            // A page may be empty and still not the last.
            after = page.last_evaluated_key;
            if after.is_none() || (newest_only && !commits.is_empty()) {
                return Ok(commits);
            }
        }
    }
}

#[async_trait]
impl EventStore for DynamoEventStore {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let commit = append.commit;
        let packed = pack(commit, append.snapshot).map_err(|error| match error {
            PackError::TooLarge { bytes } => {
                AppendError::TooLarge { stream: commit.stream.clone(), bytes, limit: LIMIT }
            }
            PackError::Unwritable(error) => corrupt(commit, error.to_string()),
        })?;
        let appended = Appended { snapshot: packed.has_snapshot };
        if append.once {
            self.put_once(commit, packed).await?;
        } else {
            self.put(commit, packed).await?;
        }
        Ok(appended)
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        Ok(self.query(stream, 0, true).await?.pop())
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        let marker =
            self.inbox.get(item_of([marker_key(stream, command)]), true).await.map_err(ReadError::Unavailable)?;
        let version = marker.as_ref().map(marker_version).transpose();
        version.map_err(|reason| ReadError::Unavailable(format!("the marker of {command}: {reason}").into()))
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.query(stream, from, false).await
    }

    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        let key = item_of([(STREAM, text(stream.to_string())), (VERSION, number(version))]);
        let item = self.events.get(key, true).await.map_err(ReadError::Unavailable)?;
        item.as_ref().map(commit_of).transpose()
    }
}

/// A consistent query of a stream's commits, oldest first and without a limit.
pub(super) fn stream_query(client: &Client, table: &str, stream: &StreamId, range: Range) -> QueryFluentBuilder {
    let (condition, version) = match range {
        Range::From(version) => ("#stream = :stream AND #version >= :version", version),
        Range::Until(version) => ("#stream = :stream AND #version <= :version", version),
    };
    client
        .query()
        .table_name(table)
        .key_condition_expression(condition)
        .expression_attribute_names("#stream", STREAM)
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":stream", text(stream.to_string()))
        .expression_attribute_values(":version", number(version))
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
}

/// No commit begins at this version yet.
fn is_absent() -> Condition {
    Condition { expression: "attribute_not_exists(#stream)", names: vec![("#stream", STREAM)], values: Vec::new() }
}

fn conditional_put(table: &str, item: Item, condition: &Condition) -> Result<TransactWriteItem, AppendError> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition.expression)
        .set_expression_attribute_names(Some(condition.names()))
        .set_expression_attribute_values(condition.values())
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let put = put.build().map_err(|error| AppendError::Unavailable(error.into()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Which condition cancelled the transaction. None if no condition did: then the append may succeed later.
fn failed_condition(commit: &Commit, reasons: &[CancellationReason]) -> Option<AppendError> {
    let failed = |reason: &&CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    // The reasons are in the order of the writes: the commit, then the marker.
    let marker = reasons.get(1).filter(failed);
    if let Some(marker) = marker.and_then(CancellationReason::item) {
        return Some(match marker_version(marker) {
            Ok(version) => AppendError::Repeated { command: commit.command.clone(), version },
            Err(reason) => corrupt(commit, format!("the marker of {}: {reason}", commit.command)),
        });
    }
    Some(conflict(commit, reasons.first().filter(failed)?.item()))
}

fn conflict(commit: &Commit, winner: Option<&Item>) -> AppendError {
    let Some(winner) = winner else {
        return AppendError::Unavailable("the response does not hold the conflicting commit".into());
    };
    match commit_of(winner) {
        Ok(winner) => {
            let winner = Box::new(winner);
            AppendError::Conflict { stream: commit.stream.clone(), version: commit.version, winner }
        }
        Err(error) => error.into(),
    }
}

fn corrupt(commit: &Commit, reason: String) -> AppendError {
    ReadError::Corrupt { stream: commit.stream.clone(), version: commit.version, reason }.into()
}
