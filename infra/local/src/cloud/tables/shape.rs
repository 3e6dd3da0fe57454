//! What of a table decides whether it can be changed: its key and its indexes, each with the types of its attributes.
//! The request that makes a table and its description say it in the same words.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

/// The key and the indexes of a table.
pub(super) struct Shape {
    pub(super) key: Keys,
    pub(super) local_indexes: Indexes,
    pub(super) global_indexes: Indexes,
}

/// The attributes of a key in their order, each as `stream S HASH`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Keys(Vec<String>);

/// Indexes by name, each with its key and what it projects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes(BTreeMap<String, (Keys, String)>);

impl Shape {
    /// The shape of the table that is made or described so.
    pub(super) fn of(table: &Value) -> Self {
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

    /// The names of all.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Is the index of this name in both, and the same?
    pub(super) fn agrees(&self, other: &Self, name: &str) -> bool {
        self.0.get(name).is_some_and(|index| other.0.get(name) == Some(index))
    }

    /// Is there an index of this name?
    pub(super) fn has(&self, name: &str) -> bool {
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
