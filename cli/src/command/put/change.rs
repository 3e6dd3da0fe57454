//! `--set path=value`: a change of every message that is published. A path starts at the detail, in its `data` if the
//! detail has no such field, or at a field of the entry. Paths that the schema has are known, too.

use std::collections::BTreeSet;

use anyhow::bail;
use serde_json::{Map, Value};

use super::entry::FIELDS;
use crate::{nearest::nearest, samples::did_you_mean};

/// A path and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path as it was written.
    spelled: String,
    path: Vec<String>,
    value: String,
}

/// Parses `path=value`.
pub(crate) fn change(text: &str) -> Result<Change, String> {
    let (spelled, value) = text.split_once('=').ok_or("must be path=value, such as data.orderId=o-7")?;
    let path: Vec<String> = spelled.trim().replace('[', ".").replace(']', "").split('.').map(str::to_owned).collect();
    match path.iter().any(String::is_empty) {
        true => Err(format!("{spelled:?} is not a path: names with dots between them, such as data.lines.0.quantity")),
        false => Ok(Change { spelled: spelled.trim().to_owned(), path, value: value.to_owned() }),
    }
}

impl Change {
    /// The path in the entry (with the detail as JSON), if the entry or the schema has it.
    fn place(&self, entry: &Value, schema: Option<&Value>) -> Option<Vec<String>> {
        let (first, rest) = self.path.split_first()?;
        if first != "Detail" && FIELDS.contains(&first.as_str()) {
            return Some(self.path.clone());
        }
        let inside = if first == "Detail" || first == "detail" { rest } else { &self.path };
        let in_detail: Vec<String> = ["Detail".to_owned()].iter().chain(inside).cloned().collect();
        let in_data: Vec<String> = ["Detail".to_owned(), "data".to_owned()].iter().chain(inside).cloned().collect();
        let of_envelope = schema.is_some() && is_of_envelope(inside);
        if inside.is_empty() || of_envelope {
            return Some(in_detail);
        }
        [in_detail, in_data].into_iter().find(|place| at(entry, place).is_some() || is_in(schema, place))
    }
}

/// Fails for a path that no entry has, and names similar ones.
pub(super) fn check(entries: &[(Value, Option<Value>)], changes: &[Change]) -> anyhow::Result<()> {
    for change in changes {
        if entries.iter().any(|(entry, schema)| change.place(entry, schema.as_ref()).is_some()) {
            continue;
        }
        let mut known = Vec::new();
        for (entry, schema) in entries {
            known.extend(schema.iter().flat_map(paths));
            collect_of_value(entry.get("Detail").unwrap_or(&Value::Null), "", &mut known);
        }
        let near = nearest_paths(&change.path, &known);
        let mut names = entries.iter().filter_map(|(entry, _)| entry.get("DetailType")?.as_str());
        let name = names.next().unwrap_or("the entry");
        bail!("{name} has no {:?}{}", change.spelled, did_you_mean(&near));
    }
    Ok(())
}

/// Changes the entry (with the detail as JSON) where it has the paths.
pub(super) fn apply(
    entry: &mut Value,
    schema: Option<&Value>,
    changes: &[Change],
    fill: impl Fn(&str) -> String,
) -> anyhow::Result<()> {
    for change in changes {
        let Some(place) = change.place(entry, schema) else { continue };
        let is_text = at(entry, &place).is_some_and(Value::is_string);
        let takes_only_text = match (schema, place.get(2..)) {
            (Some(schema), Some(path)) if place.get(1).is_some_and(|name| name == "data") => {
                takes_only_text(&under(schema, path))
            }
            _ => is_text,
        };
        set(entry, &place, value(&fill(&change.value), takes_only_text), &change.spelled)?;
    }
    Ok(())
}

/// The value as JSON if it is valid JSON, else as a string; and as a string where the schema allows only strings.
fn value(text: &str, takes_only_text: bool) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(_) | Value::Bool(_)) if takes_only_text => text.into(),
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
        (Some(schema), [_, data, path @ ..]) if data == "data" => !under(schema, path).is_empty(),
        _ => false,
    }
}

/// Sets the value at the path, and creates the objects and lists on the way.
fn set(value: &mut Value, path: &[String], new: Value, spelled: &str) -> anyhow::Result<()> {
    let Some((name, rest)) = path.split_first() else {
        *value = new;
        return Ok(());
    };
    if value.is_null() {
        *value = if name.parse::<usize>().is_ok() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match value {
        Value::Object(fields) => set(fields.entry(name).or_insert(Value::Null), rest, new, spelled),
        Value::Array(items) => {
            let index = name.parse().unwrap_or(usize::MAX);
            if index == items.len() {
                items.push(Value::Null);
            }
            match items.get_mut(index) {
                Some(item) => set(item, rest, new, spelled),
                None => bail!("{spelled:?}: the list has {} items; the next one is {}", items.len(), items.len()),
            }
        }
        other => bail!("{spelled:?}: {name} cannot be inside of {other}"),
    }
}

fn collect_of_value(value: &Value, path: &str, found: &mut Vec<String>) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let members: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, member)| (inner(name), member)).collect(),
        Value::Array(items) => items.iter().take(1).map(|member| (inner("0"), member)).collect(),
        _ => Vec::new(),
    };
    for (path, member) in members {
        collect_of_value(member, &path, found);
        found.push(path);
    }
}

/// Similar paths, by the last name or else by the whole path.
fn nearest_paths(path: &[String], known: &[String]) -> Vec<String> {
    let inside = path.strip_prefix(&["detail".to_owned()]).unwrap_or(path);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let field = inside.last().cloned().unwrap_or_default();
    let names: Vec<String> = known.iter().map(|path| last(path)).collect();
    let near = nearest(&field, names.iter().map(String::as_str));
    if near.is_empty() {
        return nearest(&inside.join("."), known.iter().map(String::as_str));
    }
    let found: BTreeSet<&String> = known.iter().filter(|path| near.contains(&last(path))).collect();
    found.into_iter().take(3).cloned().collect()
}

const ENVELOPE: [&str; 12] = [
    "eventId",
    "eventType",
    "eventVersion",
    "aggregateType",
    "aggregateId",
    "version",
    "timestamp",
    "metadata.correlationId",
    "metadata.causationId",
    "metadata.userId",
    "metadata.traceparent",
    "metadata.hops",
];

/// The maximum depth of a schema.
const MAX_DEPTH: usize = 8;

/// The schemas that the value at this path of a body may have. None if the path is unknown.
fn under<'s>(schema: &'s Value, path: &[String]) -> Vec<&'s Value> {
    let mut here = expanded(schema, schema);
    for name in path {
        here = here.into_iter().filter_map(|one| member(one, name)).flat_map(|one| expanded(schema, one)).collect();
    }
    here
}

/// Whether only strings are allowed.
fn takes_only_text(schemas: &[&Value]) -> bool {
    let types = schemas.iter().filter_map(|schema| schema.get("type"));
    let mut names = types.flat_map(|given| match given {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
        other => other.as_str().into_iter().collect(),
    });
    let is_text = names.next().is_some_and(|name| matches!(name, "string" | "null"));
    is_text && names.all(|name| matches!(name, "string" | "null"))
}

/// The paths of a message: its envelope and `data`.
fn paths(schema: &Value) -> Vec<String> {
    let mut found: Vec<String> = ENVELOPE.map(str::to_owned).to_vec();
    collect(schema, schema, "data", MAX_DEPTH, &mut found);
    found
}

/// Whether this is a field of the envelope.
fn is_of_envelope(path: &[String]) -> bool {
    ENVELOPE.contains(&path.join(".").as_str())
}

fn collect(root: &Value, schema: &Value, path: &str, depth: usize, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    for one in expanded(root, schema) {
        for (name, inner) in one.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}.{name}");
            found.push(path.clone());
            collect(root, inner, &path, depth - 1, found);
        }
        if let Some(items) = one.get("items") {
            collect(root, items, &format!("{path}.0"), depth - 1, found);
        }
    }
}

/// The schema, and those that it refers to or chooses from.
fn expanded<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?));
    let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
    let mut all = vec![schema];
    all.extend(named);
    for choice in choices {
        let target = choice.get("$ref").and_then(Value::as_str);
        all.push(target.and_then(|name| root.pointer(name.strip_prefix('#')?)).unwrap_or(choice));
    }
    all
}

fn member<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let property = schema.get("properties").and_then(|properties| properties.get(name));
    let item = || name.parse::<usize>().ok().and_then(|_| schema.get("items"));
    let other = || schema.get("additionalProperties").filter(|other| other.is_object());
    property.or_else(item).or_else(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::find;

    /// PlaceOrder, opened, with its schema.
    fn order() -> (Value, Option<Value>) {
        let sample = find("PlaceOrder").expect("a sample");
        let mut entries: Vec<Value> = serde_json::from_str(sample.text).expect("entries");
        let mut entry = entries.remove(0);
        let detail = entry["Detail"].as_str().expect("a text").to_owned();
        entry["Detail"] = serde_json::from_str(&detail).expect("JSON");
        (entry, serde_json::from_str(sample.schema).ok())
    }

    fn changed(spelled: &str) -> Result<Value, String> {
        let changes = [change(spelled)?];
        let (mut entry, schema) = order();
        check(&[(entry.clone(), schema.clone())], &changes).map_err(|error| error.to_string())?;
        let fill = |text: &str| text.replace("{n}", "12");
        apply(&mut entry, schema.as_ref(), &changes, fill).map_err(|error| error.to_string())?;
        Ok(entry)
    }

    fn shows(spelled: &str, pointer: &str, expected: Value) {
        let entry = changed(spelled).expect("the change is made");
        assert_eq!(entry.pointer(pointer), Some(&expected), "{spelled}: {entry}");
    }

    #[test]
    fn a_path_may_begin_anywhere_between_the_entry_and_the_body() {
        shows("detail.data.orderId=o-7", "/Detail/data/orderId", json!("o-7"));
        shows("Detail.data.orderId=o-7", "/Detail/data/orderId", json!("o-7"));
        shows("data.orderId=o-7", "/Detail/data/orderId", json!("o-7"));
        shows("orderId=o-{n}", "/Detail/data/orderId", json!("o-12"));
        shows("Source=shop", "/Source", json!("shop"));
        shows("Resources.0=order/o-7", "/Resources/0", json!("order/o-7"));
        shows("metadata.userId=u-9", "/Detail/metadata/userId", json!("u-9"));
    }

    #[test]
    fn a_value_is_json_if_it_can_be_and_a_string_where_only_strings_are_allowed() {
        shows("lines.0.quantity=3", "/Detail/data/lines/0/quantity", json!(3));
        shows("lines[0].quantity=3", "/Detail/data/lines/0/quantity", json!(3));
        shows("orderId=1001", "/Detail/data/orderId", json!("1001"));
        shows("lines=[]", "/Detail/data/lines", json!([]));
        shows("contactEmail=null", "/Detail/data/contactEmail", Value::Null);
        shows("lines.0.quantity=many", "/Detail/data/lines/0/quantity", json!("many"));
    }

    #[test]
    fn a_list_grows_by_its_next_index_and_by_no_other() {
        shows("lines.1.sku=tea", "/Detail/data/lines/1/sku", json!("tea"));
        assert!(changed("lines.5.sku=tea").is_err_and(|error| error.contains("the list has 1 items")));
    }

    #[test]
    fn an_unknown_path_is_an_error_that_names_similar_ones() {
        let refused = |spelled: &str| changed(spelled).err().unwrap_or_default();
        assert_eq!(refused("data.ordrId=o-7"), "PlaceOrder has no \"data.ordrId\"; did you mean data.orderId?");
        assert!(refused("quantity=3").contains("data.lines.0.quantity"), "{}", refused("quantity=3"));
        assert!(refused("detail.data.shippingAddress.town=Bonn").contains("has no"), "paths are checked to their end");
        assert!(refused("orderId").contains("path=value"));
        assert!(refused("data..orderId=1").contains("not a path"));
    }

    fn order_schema() -> Value {
        let sample = find("PlaceOrder").expect("a sample");
        serde_json::from_str(sample.schema).expect("a schema")
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn paths_go_through_lists_named_schemas_and_choices() {
        let schema = order_schema();
        for known in ["orderId", "lines.3.unitPrice.currency", "shippingAddress.city"] {
            assert!(!under(&schema, &path(known)).is_empty(), "{known}");
        }
        for unknown in ["order", "lines.first", "shippingAddress.planet", "orderId.length"] {
            assert!(under(&schema, &path(unknown)).is_empty(), "{unknown}");
        }
        assert!(paths(&schema).contains(&"data.lines.0.unitPrice.amount".to_owned()));
    }

    #[test]
    fn only_strings_are_allowed_where_the_schema_has_no_other_type() {
        let schema = order_schema();
        assert!(takes_only_text(&under(&schema, &path("orderId"))));
        assert!(takes_only_text(&under(&schema, &path("contactEmail"))));
        assert!(!takes_only_text(&under(&schema, &path("lines.0.quantity"))));
        assert!(!takes_only_text(&under(&schema, &path("lines"))));
    }
}
