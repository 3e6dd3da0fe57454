//! Shard ids. Those of the database may be shorter than SDKs accept, so they are padded in responses and trimmed in
//! requests. The padding character occurs in no table name.

use serde_json::Value;

/// The operation whose answers name shards.
pub(super) const DESCRIBING: &str = "DescribeStream";
/// No SDK sends a shorter id.
const SHORTEST: usize = 28;
const FILL: char = '=';

/// The body of a request with the ids as the tables know them, if that changes it.
pub(super) fn short_in(operation: &str, body: &[u8]) -> Option<Vec<u8>> {
    let field = match operation {
        "GetShardIterator" => "ShardId",
        DESCRIBING => "ExclusiveStartShardId",
        _ => return None,
    };
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let id = request.get_mut(field)?;
    *id = Value::from(id.as_str()?.strip_suffix(FILL)?.trim_end_matches(FILL));
    Some(request.to_string().into_bytes())
}

/// The body of an answer with ids that SDKs let pass, if that changes it.
pub(super) fn long_in(body: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let stream = answer.get_mut("StreamDescription")?;
    let mut changed = stream.get_mut("LastEvaluatedShardId").is_some_and(fill);
    for shard in stream.get_mut("Shards").and_then(Value::as_array_mut)? {
        changed |= shard.get_mut("ShardId").is_some_and(fill);
        changed |= shard.get_mut("ParentShardId").is_some_and(fill);
    }
    changed.then(|| answer.to_string().into_bytes())
}

/// The padded id.
pub(crate) fn long(id: &str) -> String {
    let fill = FILL.to_string().repeat(SHORTEST.saturating_sub(id.len()));
    format!("{id}{fill}")
}

fn fill(id: &mut Value) -> bool {
    let Some(short) = id.as_str().filter(|id| id.len() < SHORTEST) else {
        return false;
    };
    *id = Value::from(long(short));
    true
}
