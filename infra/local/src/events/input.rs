//! The input of a target: the event, a constant, a part of the event, or a template filled with parts of the event. Paths
//! are written as in `$`, `$.detail.total`, `$.detail.lines[0]` and `$['detail-type']`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    envelope::{AcceptedEvent, format_time},
    target::{InputTransformer, Target},
};

/// The maximum number of paths of a transformer.
const MAX_PATHS: usize = 100;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Element(usize),
}

/// Returns the validation error of a transformer, if there is one.
pub(super) fn validation_error(transformer: &InputTransformer) -> Option<String> {
    let paths = &transformer.input_paths_map;
    if paths.len() > MAX_PATHS {
        return Some(format!("InputPathsMap has more than {MAX_PATHS} entries."));
    }
    if let Some(name) = paths.keys().find(|name| name.starts_with("AWS")) {
        return Some(format!("InputPathsMap key {name} cannot start with AWS."));
    }
    if let Some((name, text)) = paths.iter().find(|(_, text)| !is_valid_path(text)) {
        return Some(format!("InputPathsMap {name} has the invalid JsonPath {text}."));
    }
    let unknown = placeholders(&transformer.input_template)
        .find(|name| !name.starts_with("aws.events.") && !paths.contains_key(*name))?;
    Some(format!("InputTemplate contains the unknown placeholder <{unknown}>."))
}

/// Returns the input of the target, or none if it is not valid JSON.
pub(super) fn target_input(target: &Target, rule_arn: &str, event: &AcceptedEvent) -> Option<String> {
    if let Some(constant) = &target.input {
        return Some(constant.clone());
    }
    if let Some(path) = &target.input_path {
        let event: Value = serde_json::from_str(&event.envelope).ok()?;
        return find(&event, path).map(Value::to_string);
    }
    match &target.input_transformer {
        None => Some(event.envelope.clone()),
        Some(transformer) => transform(transformer, rule_arn, event),
    }
}

fn transform(transformer: &InputTransformer, rule_arn: &str, event: &AcceptedEvent) -> Option<String> {
    let mut whole: Value = serde_json::from_str(&event.envelope).ok()?;
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, path) in &transformer.input_paths_map {
        // A missing value becomes an empty text.
        values.insert(name, find(&whole, path).cloned().unwrap_or_else(|| Value::String(String::new())));
    }
    let rule_name = rule_arn.rsplit('/').next().unwrap_or_default();
    values.insert("aws.events.rule-arn", rule_arn.into());
    values.insert("aws.events.rule-name", rule_name.into());
    values.insert("aws.events.event.ingestion-time", format_time(event.accepted_at).into());
    values.insert("aws.events.event.json", whole.clone());
    whole.as_object_mut()?.remove("detail");
    values.insert("aws.events.event", whole);
    let filled = fill_template(&transformer.input_template, &values);
    serde_json::from_str::<serde::de::IgnoredAny>(&filled).is_ok().then_some(filled)
}

/// Fills the placeholders of a template: inside quotes as text, elsewhere as JSON.
pub(crate) fn fill_template(template: &str, values: &BTreeMap<&str, Value>) -> String {
    let mut out = String::with_capacity(template.len());
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        if let Some((value, after)) = placeholder(rest).and_then(|(name, after)| Some((values.get(name)?, after))) {
            match value {
                Value::String(text) if quoted => out.push_str(escape(text).as_str()),
                other if quoted => out.push_str(escape(&other.to_string()).as_str()),
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

fn escape(text: &str) -> String {
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

/// Returns whether the path can be parsed.
pub(super) fn is_valid_path(path: &str) -> bool {
    parse_path(path).is_some()
}

fn parse_path(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = match rest.strip_prefix('.') {
            Some(named) => parse_field(named)?,
            None => parse_bracket(rest.strip_prefix('[')?)?,
        };
        steps.push(step);
    }
    Some(steps)
}

fn parse_field(named: &str) -> Option<(Step, &str)> {
    let end = named.find(['.', '[']).unwrap_or(named.len());
    let (name, rest) = named.split_at_checked(end)?;
    (!name.is_empty() && !name.contains(['*', ' '])).then(|| (Step::Field(name.to_owned()), rest))
}

fn parse_bracket(inside: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = inside.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Step::Field(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = inside.split_once(']')?;
    Some((Step::Element(index.parse().ok()?), rest))
}

fn find<'e>(event: &'e Value, path: &str) -> Option<&'e Value> {
    parse_path(path)?.iter().try_fold(event, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Element(index) => value.get(index),
    })
}
