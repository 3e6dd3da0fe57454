//! The invocation of a function with a batch of records, and its result for each record.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lambda::{FunctionError, Functions};

/// The error type of a response that reports failed records, which is no error of the function.
pub(super) const PARTIAL_FAILURE: &str = "Causeway.PartialBatchFailure";

/// The result of a batch.
pub(super) struct BatchResult {
    pub(super) request_id: String,
    /// The indexes of the failed records.
    pub(super) failed: BTreeSet<usize>,
    /// The error, if any record failed.
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
