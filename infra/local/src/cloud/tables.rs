//! Deploys the tables of a stack: creates the missing ones, changes what DynamoDB changes in place, and refuses any other
//! change before anything is done. Each change is compared with the present table, so that a start after a kill makes only
//! what is missing.

use std::{collections::BTreeMap, fmt};

use dynoxide::{
    Database,
    actions::{
        describe_table::DescribeTableRequest,
        describe_time_to_live::DescribeTimeToLiveRequest,
        update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest},
    },
    errors::DynoxideError,
};
use serde_json::{Value, json};

use super::{
    error::StartError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::{
    http::dynamo::stream_view::{self, StreamView},
    template::Table,
};

/// The key in the resource state.
pub(super) fn key(table: &Table) -> Key {
    Key::new(Kind::Table, "", &table.name)
}

/// The `CreateTable` request, and the TTL attribute.
pub(super) fn desired(table: &Table) -> Value {
    json!({ "create": table.create, "expires": table.expiry_attribute })
}

/// Refuses a table that exists with another key or other local indexes.
pub(super) fn check(database: &Database, tables: &[Table]) -> Result<(), StartError> {
    for table in tables {
        let found = describe(database, &table.name);
        let Some(present) = found.map_err(|source| refused(table, source))? else { continue };
        let (present, wanted) = (Shape::of(&present), Shape::of(&table.create));
        let refused = |what, present: &dyn fmt::Display, wanted: &dyn fmt::Display| StartError::Unchangeable {
            line: table.line,
            name: table.name.clone(),
            what,
            present: present.to_string(),
            wanted: wanted.to_string(),
        };
        if present.key != wanted.key {
            return Err(refused("key", &present.key, &wanted.key));
        }
        if present.local_indexes != wanted.local_indexes {
            return Err(refused("local indexes", &present.local_indexes, &wanted.local_indexes));
        }
    }
    Ok(())
}

/// Creates what is missing and updates what has changed.
pub(super) fn apply(database: &Database, tables: &[Table], state: &ResourceState) -> Result<(), StartError> {
    for table in tables {
        let refused = |source| refused(table, source);
        let present = describe(database, &table.name).map_err(refused)?;
        match present {
            Some(_) if state.is_applied(&key(table), &desired(table)) => continue,
            Some(present) => {
                let earlier: Vec<&Value> = state.earlier(&key(table)).collect();
                for request in update_requests(table, &present, &earlier) {
                    let request = stream_view::tagged(database, &table.name, request).map_err(refused)?;
                    database.update_table(read(table, request)?).map_err(refused)?;
                }
            }
            None => {
                database.create_table(read(table, stream_view::stored(table.create.clone()))?).map_err(refused)?;
            }
        }
        let had = state.earlier(&key(table)).any(|earlier| earlier.get("expires").is_some_and(Value::is_string));
        set_expiry(database, &table.name, table.expiry_attribute.as_deref(), had).map_err(refused)?;
    }
    Ok(())
}

/// Whether a table of this name exists.
pub(super) fn is_there(database: &Database, table: &str) -> bool {
    database.describe_table(DescribeTableRequest { table_name: table.to_owned() }).is_ok()
}

/// The table as its callers see it, if it exists.
pub(super) fn describe(database: &Database, table: &str) -> Result<Option<Value>, DynoxideError> {
    match database.describe_table(DescribeTableRequest { table_name: table.to_owned() }) {
        Ok(described) => {
            let mut described = serde_json::to_value(&described.table).unwrap_or_default();
            StreamView::of(database, table)?.show_in(&mut described, "/StreamSpecification/StreamViewType");
            Ok(Some(described))
        }
        Err(DynoxideError::ResourceNotFoundException(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read<R: serde::de::DeserializeOwned>(table: &Table, request: Value) -> Result<R, StartError> {
    let unreadable = |source| StartError::TableRequest { line: table.line, name: table.name.clone(), source };
    serde_json::from_value(request).map_err(unreadable)
}

fn refused(table: &Table, source: DynoxideError) -> StartError {
    StartError::Table { line: table.line, name: table.name.clone(), source }
}

/// The `UpdateTable` requests that change the present table to the declared one: its global indexes and its stream. What
/// the stack declared earlier and no longer declares is removed; what others added stays.
fn update_requests(table: &Table, present: &Value, earlier: &[&Value]) -> Vec<Value> {
    let created = earlier.iter().filter_map(|earlier| earlier.get("create"));
    let mut requests = index_requests(table, present, &created.clone().map(Shape::of).collect::<Vec<_>>());
    let had_stream = created.clone().any(|created| created.get("StreamSpecification").is_some());
    requests.extend(stream_requests(table, present, had_stream));
    requests
}

fn index_requests(table: &Table, present: &Value, earlier: &[Shape]) -> Vec<Value> {
    let (there, wanted) = (Shape::of(present).global_indexes, Shape::of(&table.create).global_indexes);
    let is_gone = |name: &str| !wanted.has(name) && earlier.iter().any(|earlier| earlier.global_indexes.has(name));
    let is_other = |name: &str| wanted.has(name) && !wanted.agrees(&there, name);
    // An index cannot be changed, but it has no data of its own: it is deleted and created again.
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

fn stream_requests(table: &Table, present: &Value, had_stream: bool) -> Vec<Value> {
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

/// Sets the TTL attribute, or removes the one that the stack had set.
fn set_expiry(database: &Database, table: &str, wanted: Option<&str>, had_one: bool) -> Result<(), DynoxideError> {
    let known = database.describe_time_to_live(DescribeTimeToLiveRequest { table_name: table.to_owned() })?;
    let known = known.time_to_live_description.attribute_name;
    if known.as_deref() == wanted || (wanted.is_none() && !had_one) {
        return Ok(());
    }
    // TTL must be disabled before another attribute can be set.
    let changes = known.as_deref().map(|known| (known, false)).into_iter().chain(wanted.map(|wanted| (wanted, true)));
    for (attribute, enabled) in changes {
        let wanted = TimeToLiveSpecification { attribute_name: attribute.to_owned(), enabled };
        let request = UpdateTimeToLiveRequest { table_name: table.to_owned(), time_to_live_specification: wanted };
        database.update_time_to_live(request)?;
    }
    Ok(())
}

/// The key and the indexes of a table, each with the types of its attributes. They decide how the table can be changed.
struct Shape {
    key: Keys,
    local_indexes: Indexes,
    global_indexes: Indexes,
}

/// The attributes of a key in their order, each as `stream S HASH`.
#[derive(Debug, PartialEq, Eq)]
struct Keys(Vec<String>);

/// Indexes by name, each with its key and what it projects.
#[derive(Debug, Default, PartialEq, Eq)]
struct Indexes(BTreeMap<String, (Keys, String)>);

impl Shape {
    /// The shape of a table in its `CreateTable` request or its description.
    fn of(table: &Value) -> Self {
        let types: BTreeMap<&str, &str> = listed(table, "AttributeDefinitions")
            .filter_map(|definition| Some((text(definition, "AttributeName")?, text(definition, "AttributeType")?)))
            .collect();
        Self {
            key: Keys::of(table, &types),
            local_indexes: Indexes::of(table, "LocalSecondaryIndexes", &types),
            global_indexes: Indexes::of(table, "GlobalSecondaryIndexes", &types),
        }
    }
}

impl Keys {
    fn of(holder: &Value, types: &BTreeMap<&str, &str>) -> Self {
        let spelled = |element: &Value| {
            let name = text(element, "AttributeName")?;
            Some(format!("{name} {} {}", types.get(name).copied().unwrap_or("?"), text(element, "KeyType")?))
        };
        Self(listed(holder, "KeySchema").filter_map(spelled).collect())
    }
}

impl Indexes {
    fn of(table: &Value, field: &str, types: &BTreeMap<&str, &str>) -> Self {
        let read = |index: &Value| {
            let projection = index.get("Projection");
            let kind = projection.and_then(|projection| text(projection, "ProjectionType")).unwrap_or("ALL");
            let mut attributes: Vec<&str> = projection
                .into_iter()
                .flat_map(|it| listed(it, "NonKeyAttributes"))
                .filter_map(Value::as_str)
                .collect();
            attributes.sort_unstable();
            let projected = format!("{kind} {}", attributes.join(" ")).trim_end().to_owned();
            Some((text(index, "IndexName")?.to_owned(), (Keys::of(index, types), projected)))
        };
        Self(listed(table, field).filter_map(read).collect())
    }

    /// The names of all indexes.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether both have the same index of this name.
    fn agrees(&self, other: &Self, name: &str) -> bool {
        self.0.get(name).is_some_and(|index| other.0.get(name) == Some(index))
    }

    /// Whether there is an index of this name.
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(", "))
    }
}

impl fmt::Display for Indexes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("none");
        }
        let spelled = self.0.iter().map(|(name, (keys, projected))| format!("{name} ({keys}; {projected})"));
        formatter.write_str(&spelled.collect::<Vec<_>>().join(", "))
    }
}

fn listed<'v>(holder: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    holder.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(holder: &'v Value, field: &str) -> Option<&'v str> {
    holder.get(field).and_then(Value::as_str)
}
