//! `--set path=value`: one change to every message that is put.
//! A path begins at the detail, in its `data` if the detail itself has no such field, or at a field of the entry.

use std::collections::BTreeSet;

use anyhow::bail;
use serde_json::{Map, Value};

use super::{entry::FIELDS, schema};
use crate::{nearest::nearest, samples::did_you_mean};

/// A path and the text of what shall stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As it was given.
    spelled: String,
    path: Vec<String>,
    value: String,
}

/// Reads `path=value`.
pub(super) fn change(text: &str) -> Result<Change, String> {
    let (spelled, value) = text.split_once('=').ok_or("must be path=value, such as data.orderId=o-7")?;
    let path: Vec<String> = spelled.trim().replace('[', ".").replace(']', "").split('.').map(str::to_owned).collect();
    match path.iter().any(String::is_empty) {
        true => Err(format!("{spelled:?} is no path: names with dots between them, such as data.lines.0.quantity")),
        false => Ok(Change { spelled: spelled.trim().to_owned(), path, value: value.to_owned() }),
    }
}

impl Change {
    /// Where in the entry, whose detail is opened, this is; or nothing if there is no such place.
    fn place(&self, entry: &Value, schema: Option<&Value>) -> Option<Vec<String>> {
        let (first, rest) = self.path.split_first()?;
        if first != "Detail" && FIELDS.contains(&first.as_str()) {
            return Some(self.path.clone());
        }
        let inside = if first == "Detail" || first == "detail" { rest } else { &self.path };
        let in_detail: Vec<String> = ["Detail".to_owned()].iter().chain(inside).cloned().collect();
        let in_data: Vec<String> = ["Detail".to_owned(), "data".to_owned()].iter().chain(inside).cloned().collect();
        let of_envelope = schema.is_some() && schema::is_of_envelope(inside);
        if inside.is_empty() || of_envelope {
            return Some(in_detail);
        }
        [in_detail, in_data].into_iter().find(|place| at(entry, place).is_some() || is_in(schema, place))
    }
}

/// Refuses a path that no entry has, naming those that are near.
pub(super) fn check(entries: &[(Value, Option<Value>)], changes: &[Change]) -> anyhow::Result<()> {
    for change in changes {
        if entries.iter().any(|(entry, schema)| change.place(entry, schema.as_ref()).is_some()) {
            continue;
        }
        let mut known = Vec::new();
        for (entry, schema) in entries {
            known.extend(schema.iter().flat_map(schema::paths));
            collect(entry.get("Detail").unwrap_or(&Value::Null), "", &mut known);
        }
        let near = nearest_paths(&change.path, &known);
        let mut names = entries.iter().filter_map(|(entry, _)| entry.get("DetailType")?.as_str());
        let name = names.next().unwrap_or("the entry");
        bail!("{name} has no {:?}{}", change.spelled, did_you_mean(&near));
    }
    Ok(())
}

/// Makes the changes to one entry, whose detail is opened, as far as it has their paths.
pub(super) fn apply(
    entry: &mut Value,
    schema: Option<&Value>,
    changes: &[Change],
    fill: impl Fn(&str) -> String,
) -> anyhow::Result<()> {
    for change in changes {
        let Some(place) = change.place(entry, schema) else { continue };
        let is_text = at(entry, &place).is_some_and(Value::is_string);
        let wants_text = match (schema, place.get(2..)) {
            (Some(schema), Some(path)) if place.get(1).is_some_and(|name| name == "data") => {
                schema::wants_text(&schema::under(schema, path))
            }
            _ => is_text,
        };
        put(entry, &place, value(&fill(&change.value), wants_text), &change.spelled)?;
    }
    Ok(())
}

/// JSON if it is some, else a text; and a text where only a text will do.
fn value(text: &str, wants_text: bool) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(_) | Value::Bool(_)) if wants_text => text.into(),
        Ok(value) => value,
        Err(_) => text.into(),
    }
}

fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

fn is_in(schema: Option<&Value>, place: &[String]) -> bool {
    match (schema, place) {
        (Some(schema), [_, data, path @ ..]) if data == "data" => !schema::under(schema, path).is_empty(),
        _ => false,
    }
}

/// Puts the value there; what is missing on the way is made.
fn put(value: &mut Value, path: &[String], new: Value, spelled: &str) -> anyhow::Result<()> {
    let Some((name, rest)) = path.split_first() else {
        *value = new;
        return Ok(());
    };
    if value.is_null() {
        *value = if name.parse::<usize>().is_ok() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match value {
        Value::Object(fields) => put(fields.entry(name).or_insert(Value::Null), rest, new, spelled),
        Value::Array(items) => {
            let index = name.parse().unwrap_or(usize::MAX);
            if index == items.len() {
                items.push(Value::Null);
            }
            match items.get_mut(index) {
                Some(item) => put(item, rest, new, spelled),
                None => bail!("{spelled:?}: the list has {} items; the next one is {}", items.len(), items.len()),
            }
        }
        other => bail!("{spelled:?}: {name} cannot stand inside {other}"),
    }
}

fn collect(value: &Value, path: &str, found: &mut Vec<String>) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let members: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, member)| (inner(name), member)).collect(),
        Value::Array(items) => items.iter().take(1).map(|member| (inner("0"), member)).collect(),
        _ => Vec::new(),
    };
    for (path, member) in members {
        collect(member, &path, found);
        found.push(path);
    }
}

/// By its last name alone, or else by the whole path.
fn nearest_paths(path: &[String], known: &[String]) -> Vec<String> {
    let inside = path.strip_prefix(&["detail".to_owned()]).unwrap_or(path);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let wanted = inside.last().cloned().unwrap_or_default();
    let names: Vec<String> = known.iter().map(|path| last(path)).collect();
    let near = nearest(&wanted, names.iter().map(String::as_str));
    if near.is_empty() {
        return nearest(&inside.join("."), known.iter().map(String::as_str));
    }
    let found: BTreeSet<&String> = known.iter().filter(|path| near.contains(&last(path))).collect();
    found.into_iter().take(3).cloned().collect()
}

#[cfg(test)]
mod tests;
