//! The template as a tree in which every value and key has its line, and [`Fields`], the reader of one map. Short forms
//! of intrinsics are expanded: `!Ref Bus` is `{Ref: Bus}`.

use std::{collections::BTreeMap, ops::RangeInclusive};

use serde_json::{Map, Number, Value};

use super::error::{Finding, ReadError};

/// A value with the line on which it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Entries),
}

/// The entries of a map in their order.
pub(super) type Entries = Vec<(Key, Node)>;

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) line: usize,
    pub(super) name: String,
}

impl Node {
    pub(super) fn text(line: usize, text: impl Into<String>) -> Self {
        Self { line, data: Data::Text(text.into()) }
    }

    pub(super) fn list(line: usize, items: Vec<Self>) -> Self {
        Self { line, data: Data::List(items) }
    }

    pub(super) fn map(line: usize, entries: Entries) -> Self {
        Self { line, data: Data::Map(entries) }
    }

    /// A JSON value of which every part is on this line.
    pub(super) fn from_json(line: usize, value: Value) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(truth) => Data::Bool(truth),
            Value::Number(number) => Data::Number(number),
            Value::String(text) => Data::Text(text),
            Value::Array(items) => Data::List(items.into_iter().map(|item| Self::from_json(line, item)).collect()),
            Value::Object(fields) => {
                let entries =
                    fields.into_iter().map(|(name, value)| (Key { line, name }, Self::from_json(line, value)));
                Data::Map(entries.collect())
            }
        };
        Self { line, data }
    }

    /// `{Fn::GetAtt: [id, attribute]}`.
    pub(super) fn attribute(line: usize, id: &str, attribute: &str) -> Self {
        Self::from_json(line, serde_json::json!({ "Fn::GetAtt": [id, attribute] }))
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The value of a key, if this is a map that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Data::Map(entries) = &self.data else { return None };
        entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
    }

    /// The entry of a map that has only one.
    pub(super) fn single(&self) -> Option<(&Key, &Self)> {
        match &self.data {
            Data::Map(entries) if entries.len() == 1 => entries.first().map(|(key, value)| (key, value)),
            _ => None,
        }
    }

    /// Whether this is an intrinsic in its long form.
    pub(super) fn is_intrinsic(&self) -> bool {
        self.single().is_some_and(|(key, _)| key.name == "Ref" || key.name.starts_with("Fn::"))
    }

    /// The text, or the spelling of a number or a truth value.
    pub(super) fn spelled(&self) -> Option<String> {
        match &self.data {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            Data::Bool(truth) => Some(truth.to_string()),
            Data::Null | Data::List(_) | Data::Map(_) => None,
        }
    }

    pub(super) fn as_text(&self, place: &str) -> Result<String, ReadError> {
        self.spelled().ok_or_else(|| self.wrong(place, "text"))
    }

    pub(super) fn as_list(&self, place: &str) -> Result<&[Self], ReadError> {
        let Data::List(items) = &self.data else { return Err(self.wrong(place, "a list")) };
        Ok(items)
    }

    pub(super) fn as_map(&self, place: &str) -> Result<&Entries, ReadError> {
        let Data::Map(entries) = &self.data else { return Err(self.wrong(place, "a map")) };
        Ok(entries)
    }

    pub(super) fn into_map(self, place: &str) -> Result<Entries, ReadError> {
        match self.data {
            Data::Map(entries) => Ok(entries),
            _ => Err(self.wrong(place, "a map")),
        }
    }

    /// The items of a list; any other value is a list of itself.
    pub(super) fn into_items(self) -> Vec<Self> {
        match self.data {
            Data::List(items) => items,
            _ => vec![self],
        }
    }

    pub(super) fn wrong(&self, place: &str, wanted: &str) -> ReadError {
        let found = match (self.spelled(), self.is_intrinsic()) {
            (Some(spelled), _) => format!("{spelled:?}"),
            (None, true) => "an intrinsic".to_owned(),
            (None, false) => self.kind().to_owned(),
        };
        ReadError::Shape { line: self.line, place: place.to_owned(), wanted: wanted.to_owned(), found }
    }

    /// The value without lines.
    pub(super) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(truth) => Value::Bool(*truth),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Data::Map(entries) => {
                let fields = entries.iter().map(|(key, value)| (key.name.clone(), value.to_json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// Takes an entry out of a map.
pub(super) fn take(entries: &mut Entries, name: &str) -> Option<Node> {
    let place = entries.iter().position(|(key, _)| key.name == name)?;
    Some(entries.remove(place).1)
}

pub(super) fn put(entries: &mut Entries, name: &str, value: Node) {
    entries.push((Key { line: value.line, name: name.to_owned() }, value));
}

/// Moves an entry, under another name where the plain resource has another one.
pub(super) fn pass(from: &mut Entries, name: &str, to: &mut Entries, new_name: &str) {
    if let Some(value) = take(from, name) {
        put(to, new_name, value);
    }
}

/// Whether this is a macro or a loop, which adds to the map in which it stands.
pub(super) fn is_macro(name: &str) -> bool {
    name == "Fn::Transform" || name.starts_with("Fn::ForEach::")
}

/// The entries of a map that are taken out one by one, with the place that errors name.
pub(super) struct Properties {
    pub(super) line: usize,
    pub(super) place: String,
    pub(super) entries: Entries,
}

impl Properties {
    pub(super) fn of(node: Node, place: String) -> Result<Self, ReadError> {
        Ok(Self { line: node.line, entries: node.into_map(&place)?, place })
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        take(&mut self.entries, name)
    }

    pub(super) fn need(&mut self, name: &str) -> Result<Node, ReadError> {
        self.take(name).ok_or_else(|| ReadError::missing(self.line, &self.place, name))
    }

    pub(super) fn need_text(&mut self, name: &str) -> Result<String, ReadError> {
        self.need(name)?.as_text(&self.place)
    }

    pub(super) fn pass(&mut self, names: &[&str], to: &mut Entries) {
        names.iter().for_each(|name| pass(&mut self.entries, name, to, name));
    }

    /// Reports the entries that were not taken.
    pub(super) fn finish(self, findings: &mut Vec<Finding>) {
        let unknown = |(key, _): (Key, Node)| Finding::new(key.line, &self.place, format!("{} is not known", key.name));
        findings.extend(self.entries.into_iter().map(unknown));
    }
}

/// The properties of a resource, or of a part of it. Properties that no reader has taken become findings, so that nothing
/// is ignored silently.
pub(super) struct Fields<'n> {
    pub(super) line: usize,
    pub(super) place: String,
    entries: &'n Entries,
    read: Vec<&'static str>,
    findings: &'n mut Vec<Finding>,
}

impl<'n> Fields<'n> {
    pub(super) fn of(node: &'n Node, place: &str, findings: &'n mut Vec<Finding>) -> Result<Self, ReadError> {
        let entries = node.as_map(place)?;
        Ok(Self { line: node.line, place: place.to_owned(), entries, read: Vec::new(), findings })
    }

    pub(super) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.read.push(name);
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
    }

    pub(super) fn need(&mut self, name: &'static str) -> Result<&'n Node, ReadError> {
        self.node(name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, ReadError> {
        let place = self.inner(name);
        self.node(name).map(|node| node.as_text(&place)).transpose()
    }

    pub(super) fn need_text(&mut self, name: &'static str) -> Result<String, ReadError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A value that is spelled so that this function can read it.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        let place = self.inner(name);
        let Some(node) = self.node(name) else { return Ok(None) };
        let spelled = node.spelled().unwrap_or_default();
        parse(&spelled).map(Some).ok_or_else(|| node.wrong(&place, wanted))
    }

    /// A whole number; like CloudFormation, in digits or as text of digits.
    pub(super) fn number(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Result<Option<i64>, ReadError> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, &wanted, |text| text.parse().ok().filter(|number| range.contains(number)))
    }

    pub(super) fn number_or<T: TryFrom<i64>>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
        otherwise: T,
    ) -> Result<T, ReadError> {
        let number = self.number(name, range)?;
        Ok(number.and_then(|number| T::try_from(number).ok()).unwrap_or(otherwise))
    }

    pub(super) fn truth(&mut self, name: &'static str) -> Result<Option<bool>, ReadError> {
        self.parsed(name, "true or false", |text| text.parse().ok())
    }

    /// One of these words.
    pub(super) fn word(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, ReadError> {
        let wanted = format!("one of {}", words.join(", "));
        self.parsed(name, &wanted, |text| words.iter().find(|word| **word == text).copied())
    }

    pub(super) fn list(&mut self, name: &'static str) -> Result<&'n [Node], ReadError> {
        let place = self.inner(name);
        self.node(name).map_or(Ok(&[]), |node| node.as_list(&place))
    }

    /// The names and texts of a map; without the map there are none.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<BTreeMap<String, String>, ReadError> {
        let place = self.inner(name);
        let Some(node) = self.node(name) else { return Ok(BTreeMap::new()) };
        let text =
            |(key, value): &(Key, Node)| Ok((key.name.clone(), value.as_text(&format!("{place}.{}", key.name))?));
        node.as_map(&place)?.iter().map(text).collect()
    }

    /// A document as JSON text, whether it is given as text or as a map.
    pub(super) fn json_text(&mut self, name: &'static str) -> Option<String> {
        self.node(name).map(|node| match &node.data {
            Data::Text(text) => text.clone(),
            _ => node.to_json().to_string(),
        })
    }

    /// Reads a property that is a map, if it is there.
    pub(super) fn within<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        let place = self.inner(name);
        self.node(name).map(|node| self.part(node, &place, read)).transpose()
    }

    /// Reads a property that is a list of maps, item by item.
    pub(super) fn each<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Fields<'_>) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let place = self.inner(name);
        self.list(name)?.iter().map(|node| self.part(node, &place, &read)).collect()
    }

    fn part<T>(
        &mut self,
        node: &Node,
        place: &str,
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let mut part = Fields::of(node, place, self.findings)?;
        let value = read(&mut part)?;
        part.finish();
        Ok(value)
    }

    /// Names properties that are known and change nothing on this machine.
    pub(super) fn without_effect(&mut self, names: &[&'static str]) {
        self.read.extend(names);
    }

    /// Adds a finding about this map.
    pub(super) fn report(&mut self, line: usize, what: impl Into<String>) {
        self.findings.push(Finding::new(line, &self.place, what));
    }

    /// Reports the properties that were not read.
    pub(super) fn finish(mut self) {
        for (key, _) in self.entries {
            if !self.read.contains(&key.name.as_str()) {
                self.report(key.line, format!("{} is not supported here", key.name));
            }
        }
    }

    pub(super) fn inner(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    pub(super) fn missing(&self, name: &str) -> ReadError {
        ReadError::missing(self.line, &self.place, name)
    }
}
