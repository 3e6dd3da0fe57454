//! The input of a target that is a part of the event, or a template filled with parts of the event. Paths are written as in `$`, `$.detail.total`, `$.detail.lines[0]` and `$['detail-type']`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;

use super::envelope::{AcceptedEvent, format_time};

const MAX_PATHS: usize = 100;

/// The placeholders that every template may have.
const PREDEFINED: [&str; 5] = [
    "aws.events.event",
    "aws.events.event.ingestion-time",
    "aws.events.event.json",
    "aws.events.rule-arn",
    "aws.events.rule-name",
];

/// A template and the paths of the event's values that are inserted into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InputTransformer {
    #[serde(default)]
    pub(super) input_paths_map: BTreeMap<String, String>,
    pub(super) input_template: String,
}

impl InputTransformer {
    /// Why the API refuses it for the target of this id, if it does.
    pub(super) fn validation_error(&self, target: &str) -> Option<String> {
        let paths = &self.input_paths_map;
        if paths.len() > MAX_PATHS {
            return Some(format!(
                "Invalid InputTransformer for target {target} : InputPathsMap has more than {MAX_PATHS} entries."
            ));
        }
        if let Some(name) = paths.keys().find(|name| name.starts_with("AWS")) {
            return Some(format!(
                "Invalid InputTransformer for target {target} : InputPathsMap key {name} cannot start with AWS."
            ));
        }
        if let Some((name, path)) = paths.iter().find(|(_, path)| !is_valid_path(path)) {
            return Some(format!(
                "Invalid InputTransformer for target {target} : InputPathsMap {name} has the invalid JsonPath {path}."
            ));
        }
        let is_known = |name: &str| PREDEFINED.contains(&name) || paths.contains_key(name);
        let unknown = placeholders(&self.input_template).find(|name| !is_known(name))?;
        Some(format!("InputTemplate for target {target} contains invalid placeholder {unknown}."))
    }

    /// The filled template, or none if it is neither JSON nor quoted text.
    pub(super) fn transform(&self, rule_arn: &str, event: &AcceptedEvent) -> Option<String> {
        let mut whole: Value = serde_json::from_str(&event.envelope).ok()?;
        let mut values: BTreeMap<&str, Value> = BTreeMap::new();
        for (name, path) in &self.input_paths_map {
            // A missing value becomes an empty text.
            values.insert(name, find(&whole, path).cloned().unwrap_or_else(|| Value::String(String::new())));
        }
        let rule_name = rule_arn.rsplit('/').next().unwrap_or_default();
        values.insert("aws.events.rule-arn", rule_arn.into());
        values.insert("aws.events.rule-name", rule_name.into());
        values.insert("aws.events.event.ingestion-time", format_time(event.accepted_at).into());
        values.insert("aws.events.event.json", whole.clone());
        let fields = whole.as_object_mut()?;
        fields.remove("detail");
        // AWS writes this name, and no other, in camel case.
        if let Some(detail_type) = fields.remove("detail-type") {
            fields.insert("detailType".to_owned(), detail_type);
        }
        values.insert("aws.events.event", whole);
        let template = Template::of(&self.input_template);
        let filled = template.fill(&values);
        template.is_deliverable(&filled).then_some(filled)
    }
}

/// A template, by the way in which its placeholders inside quotes are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Template<'t> {
    /// JSON. An object or a list inside quotes stays JSON, whose own quotes then end the text.
    Json(&'t str),
    /// Quoted text, one or more lines of it. Objects and lists lose their quotes.
    Text(&'t str),
}

impl<'t> Template<'t> {
    fn of(text: &'t str) -> Self {
        if text.trim_start().starts_with('"') { Self::Text(text) } else { Self::Json(text) }
    }

    fn fill(self, values: &BTreeMap<&str, Value>) -> String {
        let (Self::Json(template) | Self::Text(template)) = self;
        let mut out = String::with_capacity(template.len());
        let (mut quoted, mut escaped) = (false, false);
        let mut rest = template;
        while let Some(character) = rest.chars().next() {
            if let Some((value, after)) = placeholder(rest).and_then(|(name, after)| Some((values.get(name)?, after))) {
                match value {
                    Value::String(text) if quoted => out.push_str(escape(text).as_str()),
                    other if quoted && matches!(self, Self::Text(_)) => {
                        out.push_str(&other.to_string().replace('"', ""));
                    }
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

    fn is_deliverable(self, filled: &str) -> bool {
        let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
        match self {
            Self::Json(_) => is_json(filled),
            Self::Text(_) => filled.lines().filter(|line| !line.trim().is_empty()).all(is_json),
        }
    }
}

/// Returns the part of an event at this path, as JSON.
pub(super) fn part(event: &AcceptedEvent, path: &str) -> Option<String> {
    let event: Value = serde_json::from_str(&event.envelope).ok()?;
    find(&event, path).map(Value::to_string)
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

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Element(usize),
}

/// Whether a path can be read.
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
