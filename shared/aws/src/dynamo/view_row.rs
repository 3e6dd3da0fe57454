//! A view row as an item, a patch as an update expression, and a page token as the key of the index. Columns are
//! top-level attributes that begin with an underscore, so that one update changes them and none hides the store's own.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use causeway::{
    MessageId,
    view::view_store::{Change, ListPosition, Patch, Row, RowKey, ViewError},
};
use serde_json::{Map, Number, Value};

use super::{
    attributes::{Item, item_of, number, read_number, read_text, text},
    table::Condition,
};

/// The partition key of the views table: `<view>/<id>`.
pub(super) const ROW: &str = "row";
/// The version of the last event that the row includes.
const VERSION: &str = "version";
/// The partition key of the index: `<view>/<list>`.
pub(super) const LIST: &str = "list";
/// The sort key of the index: the row's sort key, then its id, so that rows with equal sort keys have an order.
const SORT_KEY: &str = "rank";
/// The global secondary index of lists.
pub(super) const BY_LIST: &str = "by-list";

const COLUMN_PREFIX: char = '_';
/// Separates sort key and id: it sorts before every character that sort keys may hold.
const SEPARATOR: char = '\u{1}';

fn column(name: &str) -> String {
    format!("{COLUMN_PREFIX}{name}")
}

/// The attributes of a position in the index.
fn position_attributes(key: &RowKey, position: &ListPosition) -> [(&'static str, AttributeValue); 2] {
    let sort_key = format!("{}{SEPARATOR}{}", position.sort_key, key.id);
    [(LIST, text(format!("{}/{}", key.view, position.list))), (SORT_KEY, text(sort_key))]
}

/// The primary key of a row.
pub(super) fn key_item(key: &RowKey) -> Item {
    item_of([(ROW, text(key.to_string()))])
}

/// The item of a row.
pub(super) fn item(key: &RowKey, row: &Row) -> Item {
    let mut item = key_item(key);
    item.insert(VERSION.to_owned(), number(row.version));
    if let Some(position) = &row.position {
        item.extend(item_of(position_attributes(key, position)));
    }
    item.extend(row.columns.iter().map(|(name, value)| (column(name), attribute(value))));
    item
}

/// Reads the row of an item.
pub(super) fn row(item: &Item) -> Result<(RowKey, Row), ViewError> {
    let (key, position) = position_of(item)?;
    let corrupt = |reason| ViewError::Corrupt { what: key.to_string(), reason };
    let mut columns = Map::new();
    for (name, attribute) in item {
        if let Some(column) = name.strip_prefix(COLUMN_PREFIX) {
            let value = value(attribute).map_err(|reason| corrupt(format!("{column}: {reason}")))?;
            columns.insert(column.to_owned(), value);
        }
    }
    let version = read_number(item, VERSION).map_err(corrupt)?;
    Ok((key, Row { version, position, columns }))
}

/// Reads a row's key and position: all that the index holds of it.
fn position_of(item: &Item) -> Result<(RowKey, Option<ListPosition>), ViewError> {
    let corrupt = |what: &str, reason| ViewError::Corrupt { what: what.to_owned(), reason };
    let name = read_text(item, ROW).map_err(|reason| corrupt("a row", reason))?;
    let split = name.split_once('/').ok_or_else(|| corrupt(name, "the key is not <view>/<id>".to_owned()));
    let (view, id) = split?;
    let position = read_position(view, item).map_err(|reason| corrupt(name, reason))?;
    Ok((RowKey { view: view.to_owned(), id: id.to_owned() }, position))
}

fn read_position(view: &str, item: &Item) -> Result<Option<ListPosition>, String> {
    if !item.contains_key(LIST) {
        return Ok(None);
    }
    let list = read_text(item, LIST)?.strip_prefix(view).and_then(|list| list.strip_prefix('/'));
    let sort_key = read_text(item, SORT_KEY)?.rsplit_once(SEPARATOR);
    match (list, sort_key) {
        (Some(list), Some((sort_key, _))) => {
            Ok(Some(ListPosition { list: list.to_owned(), sort_key: sort_key.to_owned() }))
        }
        _ => Err(format!("{LIST} or {SORT_KEY} has another form than it was written in")),
    }
}

/// The token of the page after a row: its sort key and id. It names no view and no list, so it leads into no other.
pub(super) fn page_token(item: &Item) -> Result<String, ViewError> {
    let (key, position) = position_of(item)?;
    let sort_key = position.map(|position| position.sort_key).unwrap_or_default();
    Ok(serde_json::json!([sort_key, key.id]).to_string())
}

/// The key of the index after which the page of a token starts.
pub(super) fn start_key(view: &str, list: &str, token: &str) -> Result<Item, ViewError> {
    let corrupt = |reason| ViewError::Corrupt { what: "page token".to_owned(), reason };
    let parsed: Result<(String, String), _> = serde_json::from_str(token);
    let (sort_key, id) = parsed.map_err(|error| corrupt(error.to_string()))?;
    if id.split('/').any(|part| MessageId::new(part).is_err()) {
        return Err(corrupt(format!("{id:?} is no id of a row")));
    }
    let key = RowKey { view: view.to_owned(), id };
    let mut item = key_item(&key);
    item.extend(item_of(position_attributes(&key, &ListPosition { list: list.to_owned(), sort_key })));
    Ok(item)
}

/// A patch as an update expression. All names and values are placeholders, so that no column is a reserved word.
#[derive(Debug, Default)]
pub(super) struct Update {
    pub(super) names: HashMap<String, String>,
    pub(super) values: Item,
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
}

impl Update {
    /// The update that applies the patch and moves the row to version `to`.
    pub(super) fn of(key: &RowKey, to: u64, patch: &Patch) -> Self {
        let mut update = Self::default();
        update.set(VERSION, number(to));
        update.patched(key, patch)
    }

    /// The update that applies the patch to a row of any version, which grows by one.
    pub(super) fn of_any_version(key: &RowKey, patch: &Patch) -> Self {
        let mut update = Self::default();
        update.change(VERSION, &Change::Add(1));
        update.patched(key, patch)
    }

    fn patched(mut self, key: &RowKey, patch: &Patch) -> Self {
        let update = &mut self;
        for (name, value) in patch.position.iter().flat_map(|position| position_attributes(key, position)) {
            update.set(name, value);
        }
        for (name, change) in &patch.changes {
            update.change(&column(name), change);
        }
        self
    }

    /// The update expression.
    pub(super) fn expression(&self) -> String {
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
                let appended = self.value(AttributeValue::L(vec![attribute(value)]));
                self.sets.push(format!("{name} = list_append(if_not_exists({name}, {empty}), {appended})"));
            }
            Change::Remove => {
                let name = self.name(name);
                self.removes.push(name);
            }
        }
    }

    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

/// The condition that the row is at version `from`; at 0 there is no row.
pub(super) fn is_at_version(from: u64) -> Condition {
    if from == 0 {
        return Condition { expression: "attribute_not_exists(#row)", names: vec![("#row", ROW)], values: Vec::new() };
    }
    Condition { expression: "#at = :from", names: vec![("#at", VERSION)], values: vec![(":from", number(from))] }
}

/// A value as a native attribute, so that DynamoDB can add and append to it.
fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(list) => AttributeValue::L(list.iter().map(attribute).collect()),
        Value::Object(map) => {
            AttributeValue::M(map.iter().map(|(key, value)| (key.clone(), attribute(value))).collect())
        }
    }
}

/// The value of an attribute, or what is wrong with it.
fn value(attribute: &AttributeValue) -> Result<Value, String> {
    match attribute {
        AttributeValue::Null(_) => Ok(Value::Null),
        AttributeValue::Bool(flag) => Ok(Value::Bool(*flag)),
        AttributeValue::N(digits) => number_value(digits),
        AttributeValue::S(text) => Ok(Value::String(text.clone())),
        AttributeValue::L(list) => list.iter().map(value).collect::<Result<Vec<Value>, String>>().map(Value::Array),
        AttributeValue::M(map) => {
            let fields = map.iter().map(|(key, field)| Ok((key.clone(), value(field)?)));
            fields.collect::<Result<Map<String, Value>, String>>().map(Value::Object)
        }
        _ => Err("the attribute has a type that this store never writes".to_owned()),
    }
}

/// Integers stay integers; numbers with a fraction become floats.
fn number_value(digits: &str) -> Result<Value, String> {
    let integer = digits.parse::<i64>().map(Value::from).or_else(|_| digits.parse::<u64>().map(Value::from));
    let float = || digits.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number);
    integer.ok().or_else(float).ok_or_else(|| format!("{digits} is not a number"))
}
