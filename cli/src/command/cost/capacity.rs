//! What a call to a table consumed, as its answer says it. A condition that did not hold consumes a write all the same,
//! and says nothing: it is counted by DynamoDB's rule.

use serde_json::Value;

use super::counted::Units;

/// One write unit is so many bytes.
const WRITE_BYTES: usize = 1024;

/// What each table was asked for by this call.
pub(super) fn units(operation: &str, asked: &Value, answer: &Value) -> Vec<(String, Units)> {
    if let Some(refused) = refused(asked, answer) {
        return refused;
    }
    let consumed = match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().collect(),
        Value::Null => Vec::new(),
        table => vec![table],
    };
    let reads = matches!(operation, "BatchGetItem" | "GetItem" | "Query" | "Scan" | "TransactGetItems");
    let of_table = |table: &Value| {
        let units = table["CapacityUnits"].as_f64().unwrap_or_default();
        let (reads, writes) = if reads { (units, 0.0) } else { (0.0, units) };
        (table["TableName"].as_str().unwrap_or_default().to_owned(), Units { writes, reads, refused: 0 })
    };
    consumed.into_iter().map(of_table).collect()
}

fn refused(asked: &Value, answer: &Value) -> Option<Vec<(String, Units)>> {
    let code = answer["__type"].as_str()?;
    let table = |asked: &Value| asked["TableName"].as_str().unwrap_or_default().to_owned();
    if code.ends_with("ConditionalCheckFailedException") {
        let bytes = size(&asked["Item"]).max(size(&answer["Item"]));
        return Some(vec![(table(asked), Units { writes: write_units(bytes), reads: 0.0, refused: 1 })]);
    }
    if !code.ends_with("TransactionCanceledException") {
        return None;
    }
    let actions = asked["TransactItems"].as_array().into_iter().flatten();
    let actions = actions.filter_map(Value::as_object).flat_map(|action| action.values());
    let twice = |action: &Value| {
        let writes = 2.0 * write_units(size(&action["Item"]));
        (table(action), Units { writes, reads: 0.0, refused: 1 })
    };
    Some(actions.map(twice).collect())
}

fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(WRITE_BYTES).max(1) as f64
}

/// The bytes of an item: names and values.
fn size(item: &Value) -> usize {
    item.as_object().into_iter().flatten().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, held)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    let text = || held.as_str().map_or(0, str::len);
    match kind.as_str() {
        "S" => text(),
        // Two digits in a byte, and one byte more.
        "N" => text().div_ceil(2) + 1,
        // Four letters of the text are three bytes.
        "B" => text() / 4 * 3,
        "M" => {
            3 + held
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, one)| 1 + name.len() + value_size(one))
                .sum::<usize>()
        }
        "L" => 3 + held.as_array().into_iter().flatten().map(|one| 1 + value_size(one)).sum::<usize>(),
        "SS" | "NS" | "BS" => held.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::len).sum(),
        _ => 1,
    }
}
