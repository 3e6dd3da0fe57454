//! A patch as one update expression: every name and value under a placeholder, so that no column is a reserved word.

use aws_sdk_dynamodb::types::AttributeValue;
use causeway::view::view_store::{Change, Patch, RowKey};

use super::{
    attributes::{Item, number, text},
    row_item::{LIST, RANK, ROW, VERSION, column, index_keys},
    row_value::attribute,
};

/// An update and the condition it stands under.
#[derive(Debug, Default)]
pub(crate) struct Update {
    /// What is said under the placeholders.
    pub(crate) names: Vec<(String, String)>,
    /// The values of the placeholders.
    pub(crate) values: Item,
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
}

impl Update {
    /// The update that moves the row to `to` by the patch.
    pub(crate) fn of(key: &RowKey, to: u64, patch: &Patch) -> Self {
        let mut update = Self::default();
        update.set(VERSION, number(to));
        if let Some(place) = &patch.position {
            let (list, rank) = index_keys(key, place);
            update.set(LIST, text(list));
            update.set(RANK, text(rank));
        }
        for (name, change) in &patch.changes {
            update.change(&column(name), change);
        }
        update
    }

    /// The expression.
    pub(crate) fn expression(&self) -> String {
        let clauses = [("SET", &self.sets), ("ADD", &self.adds), ("REMOVE", &self.removes)];
        let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
        clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<String>>().join(" ")
    }

    fn set(&mut self, name: &str, value: AttributeValue) {
        let (name, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{name} = {value}"));
    }

    fn change(&mut self, name: &str, change: &Change) {
        match change {
            Change::Set(value) => self.set(name, attribute(value)),
            Change::Add(amount) => {
                let (name, amount) = (self.name(name), self.value(number(amount)));
                self.adds.push(format!("{name} {amount}"));
            }
            Change::Append(value) => {
                let name = self.name(name);
                let empty = self.value(AttributeValue::L(Vec::new()));
                let more = self.value(AttributeValue::L(vec![attribute(value)]));
                self.sets.push(format!("{name} = list_append(if_not_exists({name}, {empty}), {more})"));
            }
            Change::Remove => {
                let name = self.name(name);
                self.removes.push(name);
            }
        }
    }

    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.push((placeholder.clone(), name.to_owned()));
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// The condition that the row stands at `from`.
pub(crate) struct VersionCondition {
    /// The expression.
    pub(crate) expression: &'static str,
    /// The placeholder's name and what it says.
    pub(crate) name: (&'static str, &'static str),
    /// The placeholder's value, if there is one.
    pub(crate) value: Option<(&'static str, AttributeValue)>,
}

impl VersionCondition {
    /// A row at 0 is one that is not there.
    pub(crate) fn version(from: u64) -> Self {
        if from == 0 {
            return Self { expression: "attribute_not_exists(#row)", name: ("#row", ROW), value: None };
        }
        Self { expression: "#at = :from", name: ("#at", VERSION), value: Some((":from", number(from))) }
    }
}
