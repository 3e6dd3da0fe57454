//! The invocation of a function with a batch of records: the filter criteria, the result for each record, and the
//! activity for observers.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    lambda::{FunctionError, Functions},
    pattern::{Event, Pattern, PatternError},
};

/// The error type of a response that reports failed records, which is no error of the function.
pub(super) const PARTIAL_FAILURE: &str = "Causeway.PartialBatchFailure";

/// Why records were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Condition {
    /// All retries failed.
    RetryAttemptsExhausted,
    /// The records reached their maximum age.
    RecordAgeExceeded,
}

/// What a mapping did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingActivity {
    /// The function succeeded on this number of records.
    Succeeded(usize),
    /// The function failed on some of this number of records.
    Failed(usize, FunctionError),
    /// This number of records was given up and reported to the on-failure destination with this ARN.
    SentToQueue(usize, Condition, String),
    /// This number of records was discarded, for this reason.
    Discarded(usize, String),
    /// The mapping cannot continue now, for this reason, and will retry.
    Stalled(String),
}

/// Receives everything that a mapping does.
pub type Listener = Arc<dyn Fn(MappingActivity) + Send + Sync>;

/// Patterns of which one must match. Without patterns all records match.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    patterns: Vec<Pattern>,
}

impl Filter {
    /// Parses the patterns.
    pub fn parse(patterns: &[String]) -> Result<Self, PatternError> {
        let patterns = patterns.iter().map(|pattern| Pattern::parse(pattern)).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Whether the record matches. A record that cannot be parsed as an event matches, so that it is not lost.
    pub(super) fn matches(&self, record: &Value) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        match Event::parse(&record.to_string()) {
            Ok(event) => self.patterns.iter().any(|pattern| pattern.matches(&event)),
            Err(_) => true,
        }
    }

    /// Whether the queue message matches, with its body as a text or, if it is JSON, as JSON.
    pub(super) fn matches_message(&self, record: &Value) -> bool {
        let body = record.get("body").and_then(Value::as_str).unwrap_or_default();
        let with_json_body = serde_json::from_str::<Value>(body).ok().map(|body| {
            let mut record = record.clone();
            if let Some(fields) = record.as_object_mut() {
                fields.insert("body".to_owned(), body);
            }
            record
        });
        self.matches(record) || with_json_body.is_some_and(|record| self.matches(&record))
    }
}

pub(super) struct BatchResult {
    pub(super) request_id: String,
    /// The indexes of the failed records.
    pub(super) failed: BTreeSet<usize>,
    pub(super) error: Option<FunctionError>,
    /// Whether the function reported the failed records.
    pub(super) is_partial: bool,
}

/// Invokes the function with the records, given by identifier and content. Returns none if the function does not exist.
pub(super) async fn invoke_batch(
    functions: &Functions,
    function: &str,
    records: &[(&str, &Value)],
    reports_failed_items: bool,
) -> Option<BatchResult> {
    let permit = functions.acquire(function).await?;
    let request_id = Uuid::new_v4().to_string();
    let contents: Vec<&Value> = records.iter().map(|(_, record)| *record).collect();
    let payload = json!({ "Records": contents }).to_string();
    let response = functions.invoke(permit, &request_id, &payload).await;
    let identifiers: Vec<&str> = records.iter().map(|(identifier, _)| *identifier).collect();
    let all = (0..records.len()).collect();
    let all_failed = |error| (all, Some(error), false);
    let (failed, error, is_partial) = match response {
        Err(error) => all_failed(error),
        Ok(_) if !reports_failed_items => (BTreeSet::new(), None, false),
        Ok(response) => match failed_items(&response, &identifiers) {
            Ok(failed) if failed.is_empty() => (failed, None, false),
            Ok(failed) => {
                let message = format!("{} of {} records failed", failed.len(), records.len());
                (failed, Some(FunctionError::new(PARTIAL_FAILURE, message)), true)
            }
            Err(reason) => all_failed(FunctionError::new("Causeway.UnreadableBatchAnswer", reason)),
        },
    };
    Some(BatchResult { request_id, failed, error, is_partial })
}

/// The indexes of the records that the response reports as failed. An empty response reports none. A response with an
/// unknown identifier is an error, and the whole batch has failed.
pub(super) fn failed_items(response: &str, identifiers: &[&str]) -> Result<BTreeSet<usize>, String> {
    let response: Value = match response.trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).map_err(|error| format!("the response is not valid JSON: {error}"))?,
    };
    let failures = match response.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(failures)) => failures,
        Some(other) => return Err(format!("batchItemFailures is not a list: {other}")),
    };
    let index = |failure: &Value| {
        let identifier = failure.get("itemIdentifier").and_then(Value::as_str).unwrap_or_default();
        let index = identifiers.iter().position(|known| *known == identifier && !identifier.is_empty());
        index.ok_or_else(|| format!("{failure} names no record of the batch"))
    };
    failures.iter().map(index).collect()
}
