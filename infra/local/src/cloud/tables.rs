//! Deploys the tables of a stack: creates the missing ones, changes what DynamoDB changes in place, and refuses any other
//! change before anything is done.

mod change;
mod shape;

use std::fmt;

use dynoxide::{
    Database,
    actions::{TableDescription, describe_table::DescribeTableRequest},
    errors::DynoxideError,
};
use serde_json::{Value, json};

use super::{
    CloudError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::template::Table;
use shape::Shape;

/// The key in the resource state.
pub(super) fn key(table: &Table) -> Key {
    Key::new(Kind::Table, "", &table.name)
}

/// How it is state, and when its items expire.
pub(super) fn desired(table: &Table) -> Value {
    json!({ "create": table.create, "expires": table.expiry_attribute })
}

/// Refuses a table that exists with another key or other local indexes.
pub(super) fn check(database: &Database, tables: &[Table]) -> Result<(), CloudError> {
    for table in tables {
        let found = describe(database, &table.name);
        let Some(present) = found.map_err(|source| refused(table, source))? else { continue };
        let (present, wanted) = (Shape::of(&present), Shape::of(&table.create));
        let refused = |what, present: &dyn fmt::Display, wanted: &dyn fmt::Display| CloudError::Unchangeable {
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
pub(super) fn make(database: &Database, tables: &[Table], state: &ResourceState) -> Result<(), CloudError> {
    for table in tables {
        let refused = |source| refused(table, source);
        let present = describe(database, &table.name).map_err(refused)?;
        match present {
            Some(_) if state.is_applied(&key(table), &desired(table)) => continue,
            Some(present) => {
                let earlier: Vec<&Value> = state.earlier(&key(table)).collect();
                for request in change::requests(table, &present, &earlier) {
                    database.update_table(read(table, request)?).map_err(refused)?;
                }
            }
            None => {
                database.create_table(read(table, table.create.clone())?).map_err(refused)?;
            }
        }
        let had = state.earlier(&key(table)).any(|earlier| earlier.get("expires").is_some_and(Value::is_string));
        change::expire(database, &table.name, table.expiry_attribute.as_deref(), had).map_err(refused)?;
    }
    Ok(())
}

/// Whether a table of this name exists.
pub(super) fn is_there(database: &Database, table: &str) -> bool {
    database.describe_table(DescribeTableRequest { table_name: table.to_owned() }).is_ok()
}

fn describe(database: &Database, table: &str) -> Result<Option<Value>, DynoxideError> {
    match database.describe_table(DescribeTableRequest { table_name: table.to_owned() }) {
        Ok(described) => Ok(Some(written(&described.table))),
        Err(DynoxideError::ResourceNotFoundException(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn written(description: &TableDescription) -> Value {
    serde_json::to_value(description).unwrap_or_default()
}

fn read<R: serde::de::DeserializeOwned>(table: &Table, request: Value) -> Result<R, CloudError> {
    let unreadable = |source| CloudError::TableRequest { line: table.line, name: table.name.clone(), source };
    serde_json::from_value(request).map_err(unreadable)
}

fn refused(table: &Table, source: DynoxideError) -> CloudError {
    CloudError::Table { line: table.line, name: table.name.clone(), source }
}
