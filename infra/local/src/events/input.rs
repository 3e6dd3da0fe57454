//! What a target gets: the event, a constant, a part of the event, or a text made from parts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    envelope::{Accepted, seconds},
    path,
    target::{InputTransformer, Target},
};

/// How many values a transformer may take from the event.
const MOST_PATHS: usize = 100;

/// What the API refuses about a transformer, in words.
pub(super) fn refusal(transformer: &InputTransformer) -> Option<String> {
    let paths = &transformer.input_paths_map;
    if paths.len() > MOST_PATHS {
        return Some(format!("InputPathsMap has more than {MOST_PATHS} entries."));
    }
    if let Some(name) = paths.keys().find(|name| name.starts_with("AWS")) {
        return Some(format!("InputPathsMap key {name} cannot start with AWS."));
    }
    let unread = paths.iter().find(|(_, text)| path::steps(text).is_none());
    if let Some((name, text)) = unread {
        return Some(format!("InputPathsMap {name} has the invalid JsonPath {text}."));
    }
    let unknown = placeholders(&transformer.input_template)
        .find(|name| !name.starts_with("aws.events.") && !paths.contains_key(*name))?;
    Some(format!("InputTemplate contains the unknown placeholder <{unknown}>."))
}

/// What is handed over to the target, or nothing if no JSON can be made of it.
pub(super) fn of(target: &Target, rule_arn: &str, event: &Accepted) -> Option<String> {
    if let Some(constant) = &target.input {
        return Some(constant.clone());
    }
    if let Some(path) = &target.input_path {
        let event: Value = serde_json::from_str(&event.text).ok()?;
        return path::find(&event, path).map(Value::to_string);
    }
    match &target.input_transformer {
        None => Some(event.text.clone()),
        Some(transformer) => transformed(transformer, rule_arn, event),
    }
}

fn transformed(transformer: &InputTransformer, rule_arn: &str, event: &Accepted) -> Option<String> {
    let whole: Value = serde_json::from_str(&event.text).ok()?;
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, path) in &transformer.input_paths_map {
        // What the event does not have leaves nothing behind.
        values.insert(name, path::find(&whole, path).cloned().unwrap_or_else(|| Value::String(String::new())));
    }
    let rule_name = rule_arn.rsplit('/').next().unwrap_or_default();
    values.insert("aws.events.rule-arn", rule_arn.into());
    values.insert("aws.events.rule-name", rule_name.into());
    values.insert("aws.events.event.ingestion-time", seconds(event.at).into());
    values.insert("aws.events.event.json", whole.clone());
    values.insert("aws.events.event", without_detail(whole));
    let filled = filled(&transformer.input_template, &values);
    serde_json::from_str::<serde::de::IgnoredAny>(&filled).is_ok().then_some(filled)
}

fn without_detail(mut event: Value) -> Value {
    if let Some(fields) = event.as_object_mut() {
        fields.remove("detail");
    }
    event
}

/// The template with its placeholders filled: between quotes as text, elsewhere as JSON.
pub(crate) fn filled(template: &str, values: &BTreeMap<&str, Value>) -> String {
    let mut out = String::with_capacity(template.len());
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        if let Some((value, after)) = placeholder(rest).and_then(|(name, after)| Some((values.get(name)?, after))) {
            match value {
                Value::String(text) if quoted => out.push_str(inside_quotes(text).as_str()),
                other if quoted => out.push_str(inside_quotes(&other.to_string()).as_str()),
                other => out.push_str(&other.to_string()),
            }
            rest = after;
            continue;
        }
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        out.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    out
}

fn inside_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    let named = !name.is_empty() && name.chars().all(|part| part.is_ascii_alphanumeric() || "_-.".contains(part));
    named.then_some((name, rest))
}

fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.match_indices('<').filter_map(|(at, _)| placeholder(template.get(at..)?)).map(|(name, _)| name)
}
