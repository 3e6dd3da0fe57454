//! The relay's function, woken by the stream of the log's table: new commits are said on the bus.
//! The first record that is not out is answered, so that the stream brings it and all behind it again.

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
    failed::unreadable_batch,
    image::{Image, item},
};
use crate::{
    dynamo::commit_of,
    telemetry::{self, traces},
};

/// Who the dead letters name.
pub const RELAY: &str = "relay";

/// The relay as a function.
pub struct RelayFunction {
    app: App,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Box<RawValue>>,
}

/// What is needed to answer for a record.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    dynamodb: Place,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    sequence_number: String,
}

/// What is needed to read a commit.
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
    /// The relay of an app.
    pub fn new(app: App) -> Self {
        Self { app }
    }

    async fn keep(&self, record: &RawValue, explanation: String) -> Result<(), DeadLetterError> {
        error!(reason = explanation, "a record cannot be read and is kept with the dead letters");
        let letter = DeadLetter {
            reason: "CORRUPT".to_owned(),
            explanation,
            consumer: RELAY.to_owned(),
            at: self.app.clock().now(),
            message: record.to_owned(),
        };
        self.app.dead_letters().keep(&letter).await
    }

    /// Relays the commits of a batch; the answer has the place of the first record that is not done.
    async fn relay(&self, records: &[(String, &RawValue)]) -> Option<String> {
        let mut done: Vec<Result<(), BoxError>> = Vec::with_capacity(records.len());
        let mut commits: Vec<(usize, Commit)> = Vec::new();
        for (index, (_, record)) in records.iter().enumerate() {
            done.push(match read_commit(record) {
                Ok(commit) => {
                    commits.push((index, commit));
                    Ok(())
                }
                Err(reason) => self.keep(record, reason).await.map_err(BoxError::from),
            });
        }
        let (places, commits): (Vec<usize>, Vec<Commit>) = commits.into_iter().unzip();
        let oldest = commits.iter().map(|commit| self.app.clock().now().duration_since(commit.at)).max();
        traces::link(commits.iter().filter_map(|commit| commit.metadata.traceparent.as_deref()));
        let answers = relay(&self.app, commits).await;
        let (out, all) = (answers.iter().filter(|answer| answer.is_ok()).count(), answers.len());
        telemetry::relayed(out as u64, (all - out) as u64, oldest);
        for (place, answer) in places.into_iter().zip(answers) {
            if let Some(word) = done.get_mut(place) {
                *word = answer;
            }
        }
        let first = done.iter().zip(records).find_map(|(word, (place, _))| Some((word.as_ref().err()?, place)));
        if let Some((reason, place)) = first {
            warn!(reason = causes(reason.as_ref()), record = place, "not relayed, to be tried again");
        }
        info!(records = records.len(), "relayed");
        first.map(|(_, place)| place.clone())
    }
}

#[async_trait]
impl Function for RelayFunction {
    async fn answer(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        // Without places nothing can be answered for one record alone.
        let unreadable = |error: serde_json::Error| unreadable_batch("a table's stream", &error);
        let batch: Batch = serde_json::from_str(invocation.payload).map_err(unreadable)?;
        let mut inserted: Vec<(String, &RawValue)> = Vec::new();
        for text in &batch.records {
            let record: Record = serde_json::from_str(text.get()).map_err(unreadable)?;
            // The log is only appended to: what is changed or removed there is housekeeping, and no news.
            if record.event_name == "INSERT" {
                inserted.push((record.dynamodb.sequence_number, text));
            }
        }
        let mut failure = DynamoDbBatchItemFailure::default();
        let span = traces::relaying(invocation.request_id, inserted.len());
        failure.item_identifier = self.relay(&inserted).instrument(span).await;
        let mut answer = DynamoDbEventResponse::default();
        answer.batch_item_failures =
            Some(failure).into_iter().filter(|failure| failure.item_identifier.is_some()).collect();
        serde_json::to_value(answer).map_err(unreadable)
    }
}

fn read_commit(record: &RawValue) -> Result<Commit, String> {
    let inserted: Inserted = serde_json::from_str(record.get()).map_err(|error| error.to_string())?;
    let item = item(inserted.dynamodb.new_image)?;
    commit_of(&item).map_err(|error| causes(&error))
}
