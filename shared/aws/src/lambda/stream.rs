//! The relay's function: the DynamoDB stream of the events table invokes it, and it publishes new commits on the bus.
//! It reports the first record that failed, so that the stream delivers that record and all later ones again.

use async_trait::async_trait;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use causeway::{
    App,
    delivery::{
        dead_letter::{DeadLetter, DeadLetterError},
        relay::relay,
    },
    failure::{BoxError, causes},
    log::commit::Commit,
};
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tracing::{Instrument, error, info, warn};

use super::{
    Function, Invocation,
    error_response::unreadable_batch,
    image::{Image, item},
};
use crate::{
    dynamo::commit_of,
    telemetry::{self, traces},
};

/// The relay's function name, and its consumer name in dead letters.
pub const RELAY: &str = "relay";

/// The function that publishes commits.
pub struct RelayFunction {
    app: App,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Box<RawValue>>,
}

/// The fields by which a record is selected and reported.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    dynamodb: RecordPosition,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecordPosition {
    sequence_number: String,
}

/// The fields from which a commit is read.
#[derive(Deserialize)]
struct Inserted {
    dynamodb: NewImage,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NewImage {
    new_image: Image,
}

impl RelayFunction {
    /// The relay on an app.
    pub fn new(app: App) -> Self {
        Self { app }
    }

    async fn dead_letter(&self, record: &RawValue, explanation: String) -> Result<(), DeadLetterError> {
        error!(reason = explanation, "cannot read a stream record, it is dead-lettered");
        let letter = DeadLetter {
            reason: "CORRUPT".to_owned(),
            explanation,
            consumer: RELAY.to_owned(),
            at: self.app.clock().now(),
            message: record.to_owned(),
        };
        self.app.dead_letters().keep(&letter).await
    }

    /// Publishes the commits of a batch; returns the sequence number of the first record that failed.
    async fn relay(&self, records: &[(String, &RawValue)]) -> Option<String> {
        let mut results: Vec<Result<(), BoxError>> = Vec::with_capacity(records.len());
        let mut commits: Vec<(usize, Commit)> = Vec::new();
        for (index, (_, record)) in records.iter().enumerate() {
            results.push(match read_commit(record) {
                Ok(commit) => {
                    commits.push((index, commit));
                    Ok(())
                }
                Err(reason) => self.dead_letter(record, reason).await.map_err(BoxError::from),
            });
        }
        let (indexes, commits): (Vec<usize>, Vec<Commit>) = commits.into_iter().unzip();
        let oldest = commits.iter().map(|commit| self.app.clock().now().duration_since(commit.at)).max();
        traces::link(commits.iter().filter_map(|commit| commit.metadata.traceparent.as_deref()));
        let relayed = relay(&self.app, commits).await;
        let (published, all) = (relayed.iter().filter(|result| result.is_ok()).count(), relayed.len());
        telemetry::record_relayed(published as u64, (all - published) as u64, oldest);
        for (index, result) in indexes.into_iter().zip(relayed) {
            if let Some(slot) = results.get_mut(index) {
                *slot = result;
            }
        }
        let failed = results.iter().zip(records);
        let first = failed.into_iter().find_map(|(result, (sequence, _))| Some((result.as_ref().err()?, sequence)));
        if let Some((reason, sequence_number)) = first {
            warn!(reason = causes(reason.as_ref()), sequence_number, "not published, will be retried");
        }
        info!(records = records.len(), "relayed");
        first.map(|(_, sequence)| sequence.clone())
    }
}

#[async_trait]
impl Function for RelayFunction {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        // Without sequence numbers no single failure can be reported, so the whole batch fails.
        let unreadable = |error: serde_json::Error| unreadable_batch("a table's stream", &error);
        let batch: Batch = serde_json::from_str(invocation.payload).map_err(unreadable)?;
        let mut inserted: Vec<(String, &RawValue)> = Vec::new();
        for text in &batch.records {
            let record: Record = serde_json::from_str(text.get()).map_err(unreadable)?;
            // The log is append-only: a MODIFY or REMOVE is maintenance and publishes nothing.
            if record.event_name == "INSERT" {
                inserted.push((record.dynamodb.sequence_number, text));
            }
        }
        let span = traces::relay_span(invocation.request_id, inserted.len());
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = self.relay(&inserted).instrument(span).await;
        let mut response = DynamoDbEventResponse::default();
        response.batch_item_failures =
            Some(failure).into_iter().filter(|failure| failure.item_identifier.is_some()).collect();
        serde_json::to_value(response).map_err(unreadable)
    }
}

fn read_commit(record: &RawValue) -> Result<Commit, String> {
    let inserted: Inserted = serde_json::from_str(record.get()).map_err(|error| error.to_string())?;
    let item = item(inserted.dynamodb.new_image)?;
    commit_of(&item).map_err(|error| causes(&error))
}
