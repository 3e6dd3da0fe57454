//! The log on DynamoDB: a commit is one item, an append one conditional `PutItem`, a load one consistent `Query`.
//! Who loses a race gets the winner's item with the refusal, and reads nothing.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{CancellationReason, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use aws_smithy_types::error::operation::BuildError;
use causeway::{
    StreamId,
    failure::BoxError,
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError},
    },
};

use super::{
    attributes::{Item, LIMIT, number, text, write_units},
    item::{STREAM, VERSION, commit_of},
    marker::{EXPIRES, TICKET, handled_at, marker},
    packing::{PackError, Packed, pack},
    stream_query::{Part, stream_query},
};
use crate::capacity::CapacityMeter;

/// The code of a cancellation reason that is a failed condition.
const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// The log on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoEventStore {
    client: Client,
    events_table: String,
    inbox_table: String,
    capacity: Arc<CapacityMeter>,
}

impl DynamoEventStore {
    /// The log in `events_table`, with the markers of once-commands in `inbox_table`.
    pub fn new(
        client: Client,
        events_table: impl Into<String>,
        inbox_table: impl Into<String>,
        capacity: Arc<CapacityMeter>,
    ) -> Self {
        Self { client, events_table: events_table.into(), inbox_table: inbox_table.into(), capacity }
    }

    async fn put(&self, commit: &Commit, packed: Packed) -> Result<(), AppendError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.events_table)
            .set_item(Some(packed.item))
            .condition_expression("attribute_not_exists(#stream)")
            .expression_attribute_names("#stream", STREAM)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match put.send().await {
            Ok(written) => {
                self.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    self.capacity.failed_condition(write_units(packed.bytes));
                    Err(conflict(commit, refused.item()))
                }
                _ => Err(AppendError::Unavailable(Box::new(error))),
            },
        }
    }

    async fn put_once(&self, commit: &Commit, packed: Packed) -> Result<(), AppendError> {
        let log = Put::builder()
            .table_name(&self.events_table)
            .set_item(Some(packed.item))
            .condition_expression("attribute_not_exists(#stream)")
            .expression_attribute_names("#stream", STREAM)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let inbox = Put::builder()
            .table_name(&self.inbox_table)
            .set_item(Some(marker(commit)))
            .condition_expression("attribute_not_exists(#ticket) OR #expires <= :now")
            .expression_attribute_names("#ticket", TICKET)
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":now", number(commit.at.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(write(log.build())?)
            .transact_items(write(inbox.build())?)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match transaction.send().await {
            Ok(written) => {
                self.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    // A transaction prepares and commits, so each unit counts twice; the marker is one.
                    self.capacity.failed_condition(2 * (write_units(packed.bytes) + 1));
                    match refused(commit, cancelled.cancellation_reasons()) {
                        Some(refused) => Err(refused),
                        None => Err(AppendError::Unavailable(Box::new(error))),
                    }
                }
                _ => Err(AppendError::Unavailable(Box::new(error))),
            },
        }
    }

    /// The stream's items from `from` on, in either order, over all pages or until there are enough.
    async fn query(&self, stream: &StreamId, from: u64, newest_only: bool) -> Result<Vec<Commit>, ReadError> {
        let mut commits = Vec::new();
        let mut after: Option<Item> = None;
        loop {
            let query = stream_query(&self.client, &self.events_table, stream, Part::From(from))
                .scan_index_forward(!newest_only)
                .set_limit(newest_only.then_some(1))
                .set_exclusive_start_key(after);
            let page = query.send().await.map_err(|error| ReadError::Unavailable(Box::new(error)))?;
            self.capacity.read(page.consumed_capacity());
            for item in page.items() {
                commits.push(commit_of(item)?);
            }
            // A page may be empty and still not the last.
            after = page.last_evaluated_key;
            let enough = newest_only && !commits.is_empty();
            if enough || after.is_none() {
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
        let appended = Appended { snapshot: packed.carried };
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

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.query(stream, from, false).await
    }

    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.events_table)
            .key(STREAM, text(stream.to_string()))
            .key(VERSION, number(version))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = get.send().await.map_err(|error| ReadError::Unavailable(Box::new(error)))?;
        self.capacity.read(answer.consumed_capacity());
        answer.item.as_ref().map(commit_of).transpose()
    }
}

/// What a cancelled transaction means; none: it was not refused by a condition, and may work later.
fn refused(commit: &Commit, reasons: &[CancellationReason]) -> Option<AppendError> {
    let failed = |reason: &&CancellationReason| reason.code() == Some(CONDITION_FAILED);
    // The reasons stand in the order of the writes: the commit, then its marker.
    let marker = reasons.get(1).filter(failed);
    if let Some(marker) = marker.and_then(CancellationReason::item) {
        return Some(match handled_at(marker) {
            Ok(version) => AppendError::Repeated { command: commit.command.clone(), version },
            Err(reason) => corrupt(commit, format!("the marker of {}: {reason}", commit.command)),
        });
    }
    let taken = reasons.first().filter(failed)?;
    Some(conflict(commit, taken.item()))
}

fn conflict(commit: &Commit, winner: Option<&Item>) -> AppendError {
    let Some(winner) = winner else {
        return AppendError::Unavailable("the refusal does not say who stands there".into());
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

fn write(put: Result<Put, BuildError>) -> Result<TransactWriteItem, AppendError> {
    match put {
        Ok(put) => Ok(TransactWriteItem::builder().put(put).build()),
        Err(error) => Err(AppendError::Unavailable(BoxError::from(error))),
    }
}
