//! What a function's answer says of each record of its batch.

use std::collections::BTreeSet;

use serde_json::Value;

/// The places of those records that the answer calls failed. Nothing at all means that all is done; an answer that
/// names no record of the batch where it should name one says nothing that can be trusted, and all comes again.
pub(super) fn failed_items(answer: &str, identifiers: &[&str]) -> Result<BTreeSet<usize>, String> {
    let answer: Value = match answer.trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).map_err(|error| format!("the answer is no JSON: {error}"))?,
    };
    let failures = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(failures)) => failures,
        Some(other) => return Err(format!("batchItemFailures is no list: {other}")),
    };
    let place = |failure: &Value| {
        let identifier = failure.get("itemIdentifier").and_then(Value::as_str).unwrap_or_default();
        let place = identifiers.iter().position(|known| *known == identifier && !identifier.is_empty());
        place.ok_or_else(|| format!("{failure} names no record of the batch"))
    };
    failures.iter().map(place).collect()
}
