//! One batch given to the function, and what became of each of its records.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lambda::{FunctionError, Functions};

use super::answer::failed_items;

/// The kind of failure that names records of a batch and is no error of the function.
pub(super) const PARTIAL: &str = "Causeway.PartialBatchFailure";

/// What became of a batch.
pub(super) struct Outcome {
    pub(super) request_id: String,
    /// The places of the records that failed.
    pub(super) failed: BTreeSet<usize>,
    /// Why, if any did.
    pub(super) failure: Option<FunctionError>,
    /// The function said which records failed.
    pub(super) is_partial: bool,
}

/// Gives the batch to the function. Nothing is answered when there is no such function.
pub(super) async fn give(
    functions: &Functions,
    function: &str,
    records: &[(&str, &Value)],
    reports_failed_items: bool,
) -> Option<Outcome> {
    let permit = functions.acquire(function).await?;
    let request_id = Uuid::new_v4().to_string();
    let contents: Vec<&Value> = records.iter().map(|(_, record)| *record).collect();
    let payload = json!({ "Records": contents }).to_string();
    let answer = functions.invoke(permit, &request_id, &payload).await;
    let identifiers: Vec<&str> = records.iter().map(|(identifier, _)| *identifier).collect();
    let all = (0..records.len()).collect();
    let whole = |failure| (all, Some(failure), false);
    let (failed, failure, is_partial) = match answer {
        Err(failure) => whole(failure),
        Ok(_) if !reports_failed_items => (BTreeSet::new(), None, false),
        Ok(answer) => match failed_items(&answer, &identifiers) {
            Ok(failed) if failed.is_empty() => (failed, None, false),
            Ok(failed) => {
                let message = format!("{} of {} records failed", failed.len(), records.len());
                (failed, Some(FunctionError::new(PARTIAL, message)), true)
            }
            Err(reason) => whole(FunctionError::new("Causeway.UnreadableBatchAnswer", reason)),
        },
    };
    Some(Outcome { request_id, failed, failure, is_partial })
}
