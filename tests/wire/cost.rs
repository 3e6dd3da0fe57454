//! What an answer of DynamoDB cost, read from the answer; a failed condition says nothing and costs its write.

use dynoxide::{Item, types::item_size};
use serde_json::Value;

/// Units read and written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

/// The operations that only read.
const READS: [&str; 4] = ["BatchGetItem", "GetItem", "Query", "Scan"];

impl Cost {
    pub(crate) fn of(operation: &str, asked: &Value, answer: &Value) -> Self {
        let units = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
            table => table["CapacityUnits"].as_f64().unwrap_or(0.0),
        };
        let failed = answer["__type"].as_str().is_some_and(|code| code.ends_with("ConditionalCheckFailedException"));
        if READS.contains(&operation) {
            Self { reads: units, writes: 0.0 }
        } else if failed {
            let bytes = size(&asked["Item"]).max(size(&answer["Item"]));
            Self { reads: 0.0, writes: bytes.div_ceil(1024).max(1) as f64 }
        } else {
            Self { reads: 0.0, writes: units }
        }
    }
}

fn size(item: &Value) -> usize {
    serde_json::from_value::<Item>(item.clone()).map_or(0, |item| item_size(&item))
}
