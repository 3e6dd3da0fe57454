//! The shard ids of the database, which are shorter than SDKs accept. Callers get them padded.

use serde_json::Value;

/// The minimum length of a shard id in the SDKs.
const SHORTEST_SHARD_ID: usize = 28;
/// The padding of a shard id. It occurs in no table name.
const FILL: char = '=';

/// The body of a request with the shard ids of the database, if that changes it.
pub(super) fn shortened(operation: &str, body: &[u8]) -> Option<Vec<u8>> {
    let field = match operation {
        "GetShardIterator" => "ShardId",
        "DescribeStream" => "ExclusiveStartShardId",
        _ => return None,
    };
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let id = request.get_mut(field)?;
    *id = Value::from(id.as_str()?.strip_suffix(FILL)?.trim_end_matches(FILL));
    Some(request.to_string().into_bytes())
}

/// Pads the shard ids in the description of a stream.
pub(super) fn lengthen(answer: &mut Value) {
    let Some(stream) = answer.get_mut("StreamDescription") else { return };
    stream.get_mut("LastEvaluatedShardId").into_iter().for_each(fill);
    for shard in stream.get_mut("Shards").and_then(Value::as_array_mut).into_iter().flatten() {
        shard.get_mut("ShardId").into_iter().for_each(fill);
        shard.get_mut("ParentShardId").into_iter().for_each(fill);
    }
}

/// The padded shard id.
pub(crate) fn long_shard_id(id: &str) -> String {
    let fill = FILL.to_string().repeat(SHORTEST_SHARD_ID.saturating_sub(id.len()));
    format!("{id}{fill}")
}

fn fill(id: &mut Value) {
    if let Some(short) = id.as_str().filter(|id| id.len() < SHORTEST_SHARD_ID) {
        *id = Value::from(long_shard_id(short));
    }
}
