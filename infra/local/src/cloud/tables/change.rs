//! What DynamoDB changes of a table in place: its global indexes, its stream, and the attribute by which items expire.
//! Each change is looked up before it is state, so that a start after a kill makes only what is missing.

use dynoxide::{
    Database,
    actions::{
        describe_time_to_live::DescribeTimeToLiveRequest,
        update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest},
    },
    errors::DynoxideError,
};
use serde_json::{Value, json};

use super::shape::Shape;
use crate::template::Table;

/// The `UpdateTable` requests that make this table of the one that is there. What the stack declared earlier and does
/// not declare any more is taken away; what others added stays.
pub(super) fn requests(table: &Table, present: &Value, earlier: &[&Value]) -> Vec<Value> {
    let created = earlier.iter().filter_map(|earlier| earlier.get("create"));
    let mut requests = of_indexes(table, present, &created.clone().map(Shape::of).collect::<Vec<_>>());
    let had_stream = created.clone().any(|created| created.get("StreamSpecification").is_some());
    requests.extend(of_stream(table, present, had_stream));
    requests
}

fn of_indexes(table: &Table, present: &Value, earlier: &[Shape]) -> Vec<Value> {
    let (there, wanted) = (Shape::of(present).global_indexes, Shape::of(&table.create).global_indexes);
    let is_gone = |name: &str| !wanted.has(name) && earlier.iter().any(|earlier| earlier.global_indexes.has(name));
    let is_other = |name: &str| wanted.has(name) && !wanted.agrees(&there, name);
    // An index cannot be changed, but it holds nothing that the table does not hold: it is made anew.
    let dropped = there.names().filter(|name| is_gone(name) || is_other(name));
    let mut requests: Vec<Value> = dropped.map(|name| update(table, "Delete", json!({ "IndexName": name }))).collect();
    let definitions = table.create.get("GlobalSecondaryIndexes").and_then(Value::as_array).into_iter().flatten();
    let missing = definitions.filter(|definition| {
        definition.get("IndexName").and_then(Value::as_str).is_some_and(|name| !wanted.agrees(&there, name))
    });
    requests.extend(missing.map(|definition| update(table, "Create", definition.clone())));
    requests
}

fn update(table: &Table, action: &str, index: Value) -> Value {
    json!({
        "TableName": table.name,
        "AttributeDefinitions": table.create.get("AttributeDefinitions"),
        "GlobalSecondaryIndexUpdates": [{ action: index }],
    })
}

fn of_stream(table: &Table, present: &Value, had_stream: bool) -> Vec<Value> {
    let shown = present.pointer("/StreamSpecification/StreamEnabled") == Some(&Value::Bool(true));
    let shown = present.pointer("/StreamSpecification/StreamViewType").and_then(Value::as_str).filter(|_| shown);
    let stream = |specification: Value| json!({ "TableName": table.name, "StreamSpecification": specification });
    let off = || stream(json!({ "StreamEnabled": false }));
    match (shown, table.stream_view.as_deref()) {
        (shown, wanted) if shown == wanted => Vec::new(),
        (Some(_), None) if had_stream => vec![off()],
        (_, None) => Vec::new(),
        (shown, Some(view)) => {
            let on = stream(json!({ "StreamEnabled": true, "StreamViewType": view }));
            shown.map(|_| off()).into_iter().chain([on]).collect()
        }
    }
}

/// Lets items expire by this attribute, or by none, if the stack had one.
pub(super) fn expire(
    database: &Database,
    table: &str,
    wanted: Option<&str>,
    had_one: bool,
) -> Result<(), DynoxideError> {
    let known = database.describe_time_to_live(DescribeTimeToLiveRequest { table_name: table.to_owned() })?;
    let known = known.time_to_live_description.attribute_name;
    if known.as_deref() == wanted || (wanted.is_none() && !had_one) {
        return Ok(());
    }
    // An attribute takes the place of another only when that one is switched off.
    let changes = known.as_deref().map(|known| (known, false)).into_iter().chain(wanted.map(|wanted| (wanted, true)));
    for (attribute, enabled) in changes {
        let wanted = TimeToLiveSpecification { attribute_name: attribute.to_owned(), enabled };
        let request = UpdateTimeToLiveRequest { table_name: table.to_owned(), time_to_live_specification: wanted };
        database.update_time_to_live(request)?;
    }
    Ok(())
}
