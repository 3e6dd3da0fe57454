//! The tables of a stack: made when they are not there, changed as far as DynamoDB changes a table in place, and
//! refused before anything is done when it cannot.

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
    CloudError, desired,
    resource_state::{Key, Kind, Made},
};
use crate::template::Table;
use shape::Shape;

/// By this it is found again.
pub(super) fn key(table: &Table) -> Key {
    desired::key(Kind::Table, "", &table.name)
}

/// How it is made, and when its items expire.
pub(super) fn declared(table: &Table) -> Value {
    json!({ "create": table.create, "expires": table.expiry_attribute })
}

/// Refuses a table that is there with another key, or with other local indexes.
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

/// Makes what is missing, and changes what is declared otherwise.
pub(super) fn make(database: &Database, tables: &[Table], made: &Made) -> Result<(), CloudError> {
    for table in tables {
        let refused = |source| refused(table, source);
        let present = describe(database, &table.name).map_err(refused)?;
        match present {
            Some(_) if made.stands(&key(table), &declared(table)) => continue,
            Some(present) => {
                let earlier: Vec<&Value> = made.earlier(&key(table)).collect();
                for request in change::requests(table, &present, &earlier) {
                    database.update_table(read(table, request)?).map_err(refused)?;
                }
            }
            None => {
                database.create_table(read(table, table.create.clone())?).map_err(refused)?;
            }
        }
        let had = made.earlier(&key(table)).any(|earlier| earlier.get("expires").is_some_and(Value::is_string));
        change::expire(database, &table.name, table.expiry_attribute.as_deref(), had).map_err(refused)?;
    }
    Ok(())
}

/// Is there a table of this name?
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
