//! The relay's function: the DynamoDB stream of the events table invokes it, and it publishes new commits on the bus.
//! It reports the first record that failed, so that the stream delivers that record and all later ones again.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use aws_smithy_types::base64::decode;
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

use super::{Function, Invocation, unreadable_batch};
use crate::{
    dynamo::{Item, commit_of},
    telemetry::{self, traces},
};

/// The relay's function name, and its consumer name in dead letters.
pub const RELAY: &str = "relay";

/// The function that publishes commits.
pub struct RelayFunction {
    /// The app with the bus, the timers and the dead-letter queue.
    pub app: App,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Box<RawValue>>,
}

/// The fields of a record that select and report it; its image is read later, because it may be corrupt.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    new_image: Option<Box<RawValue>>,
}

/// A record of a new item, with its JSON text.
struct Inserted<'a> {
    change: Change,
    text: &'a RawValue,
}

/// An attribute value as a stream record holds it, such as `{"S": "text"}`; binary values are base64.
#[derive(Deserialize)]
enum ImageValue {
    S(String),
    N(String),
    B(String),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    L(Vec<ImageValue>),
    M(HashMap<String, ImageValue>),
    #[serde(rename = "SS")]
    Strings(Vec<String>),
    #[serde(rename = "NS")]
    Numbers(Vec<String>),
    #[serde(rename = "BS")]
    Blobs(Vec<String>),
}

impl RelayFunction {
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
    async fn relay(&self, records: &[Inserted<'_>]) -> Option<String> {
        let mut results: Vec<Result<(), BoxError>> = Vec::with_capacity(records.len());
        let mut commits: Vec<(usize, Commit)> = Vec::new();
        for (index, record) in records.iter().enumerate() {
            results.push(match read_commit(&record.change) {
                Ok(commit) => {
                    commits.push((index, commit));
                    Ok(())
                }
                Err(reason) => self.dead_letter(record.text, reason).await.map_err(BoxError::from),
            });
        }
        let (indexes, commits): (Vec<usize>, Vec<Commit>) = commits.into_iter().unzip();
        let oldest = commits.iter().map(|commit| self.app.clock().now().duration_since(commit.at)).max();
        traces::link(commits.iter().filter_map(|commit| commit.metadata.traceparent.as_deref()));
        let relayed = relay(self.app.ports(), commits).await;
        let (published, all) = (relayed.iter().filter(|result| result.is_ok()).count(), relayed.len());
        telemetry::record_relayed(published as u64, (all - published) as u64, oldest);
        for (index, result) in indexes.into_iter().zip(relayed) {
            if let Some(slot) = results.get_mut(index) {
                *slot = result;
            }
        }
        info!(records = records.len(), "relayed");
        let mut failed =
            results.iter().zip(records).filter_map(|(result, record)| Some((result.as_ref().err()?, record)));
        let (reason, record) = failed.next()?;
        let sequence_number = &record.change.sequence_number;
        warn!(reason = causes(reason.as_ref()), sequence_number, "not published, will be retried");
        Some(sequence_number.clone())
    }
}

#[async_trait]
impl Function for RelayFunction {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        // Without sequence numbers no single failure can be reported, so the whole batch fails.
        let unreadable = |error: serde_json::Error| unreadable_batch("a table's stream", &error);
        let batch: Batch = serde_json::from_str(invocation.payload).map_err(unreadable)?;
        let mut inserted = Vec::new();
        for text in &batch.records {
            let record: Record = serde_json::from_str(text.get()).map_err(unreadable)?;
            // The log is append-only: a MODIFY or REMOVE is maintenance and publishes nothing.
            if record.event_name == "INSERT" {
                inserted.push(Inserted { change: record.dynamodb, text });
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

fn read_commit(change: &Change) -> Result<Commit, String> {
    let image = change.new_image.as_ref().ok_or("the record has no NewImage")?;
    let image = serde_json::from_str(image.get()).map_err(|error| error.to_string())?;
    commit_of(&item(image)?).map_err(|error| causes(&error))
}

fn item(image: HashMap<String, ImageValue>) -> Result<Item, String> {
    image.into_iter().map(|(name, value)| Ok((name, attribute(value)?))).collect()
}

fn attribute(value: ImageValue) -> Result<AttributeValue, String> {
    let blob = |base64: &String| {
        decode(base64).map(Blob::new).map_err(|error| format!("a binary value is not base64: {error}"))
    };
    Ok(match value {
        ImageValue::S(text) => AttributeValue::S(text),
        ImageValue::N(digits) => AttributeValue::N(digits),
        ImageValue::B(base64) => AttributeValue::B(blob(&base64)?),
        ImageValue::Bool(flag) => AttributeValue::Bool(flag),
        ImageValue::Null(null) => AttributeValue::Null(null),
        ImageValue::L(list) => AttributeValue::L(list.into_iter().map(attribute).collect::<Result<_, _>>()?),
        ImageValue::M(map) => AttributeValue::M(item(map)?),
        ImageValue::Strings(texts) => AttributeValue::Ss(texts),
        ImageValue::Numbers(numbers) => AttributeValue::Ns(numbers),
        ImageValue::Blobs(blobs) => AttributeValue::Bs(blobs.iter().map(blob).collect::<Result<_, _>>()?),
    })
}
