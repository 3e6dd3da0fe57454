//! The targets of rules: their validation, and their input, which is the event, a constant, a part of the event, or a
//! template filled with parts of the event. Paths are written as in `$`, `$.detail.total`, `$.detail.lines[0]` and
//! `$['detail-type']`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delivery::retry_policy::RetryPolicy;

use super::envelope::{AcceptedEvent, format_time};

/// The maximum length of a constant input or template.
const MAX_INPUT_LENGTH: usize = 8_192;
const MAX_GROUP_LENGTH: usize = 128;
const MAX_PATHS: usize = 100;

/// A target of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<InputTransformer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sqs_parameters: Option<SqsParameters>,
}

/// The parameters of a queue target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_group_id: Option<String>,
}

/// A template and the paths of the event's values that are inserted into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InputTransformer {
    #[serde(default)]
    pub(super) input_paths_map: BTreeMap<String, String>,
    pub(super) input_template: String,
}

/// The dead-letter queue of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
}

/// The kind of resource that a target ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Function,
    Queue,
    Bus,
}

impl TargetKind {
    /// Returns the kind of resource that an ARN names, or none if it cannot be a target here.
    pub(crate) fn of(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let (prefix, service) = (parts.next()?, parts.nth(1)?);
        match (prefix, service) {
            ("arn", "lambda") => Some(Self::Function),
            ("arn", "sqs") => Some(Self::Queue),
            ("arn", "events") if arn.contains(":event-bus/") => Some(Self::Bus),
            _ => None,
        }
    }
}

impl Target {
    /// Returns the message group id, if the target is a queue with one.
    pub(super) fn message_group(&self) -> Option<&str> {
        self.sqs_parameters.as_ref()?.message_group_id.as_deref()
    }

    pub(super) fn validation_error(&self) -> Option<String> {
        let id = &self.id;
        let inputs =
            [self.input.is_some(), self.input_path.is_some(), self.input_transformer.is_some()].map(usize::from);
        let template = self.input_transformer.as_ref().map(|transformer| &transformer.input_template);
        let too_long = [self.input.as_ref(), template].into_iter().flatten().any(|text| text.len() > MAX_INPUT_LENGTH);
        let not_json =
            self.input.as_ref().is_some_and(|input| serde_json::from_str::<serde::de::IgnoredAny>(input).is_err());
        let dead_letters = self.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
        if id.is_empty() || id.len() > 64 || !id.chars().all(is_name_character) {
            Some(format!("Target id {id} is not valid."))
        } else if TargetKind::of(&self.arn).is_none() {
            Some(format!("Parameter {} is not valid. Reason: Provided Arn is not in correct format.", self.arn))
        } else if inputs.iter().sum::<usize>() > 1 {
            Some(format!("Only one of Input, InputPath, or InputTransformer must be provided for target {id}."))
        } else if too_long {
            Some(format!("The input of target {id} is longer than {MAX_INPUT_LENGTH} characters."))
        } else if not_json {
            Some(format!("JSON syntax error in input for target {id}"))
        } else if self.input_path.as_ref().is_some_and(|path| !is_valid_path(path)) {
            Some(format!("Invalid JsonPath syntax in InputPath for target {id}."))
        } else if let Some(problem) = self.input_transformer.as_ref().and_then(transformer_error) {
            Some(format!("Invalid InputTransformer for target {id} : {problem}"))
        } else if dead_letters
            .is_some_and(|arn| TargetKind::of(arn) != Some(TargetKind::Queue) || arn.ends_with(".fifo"))
        {
            Some(format!("The dead-letter queue of target {id} must be a standard queue."))
        } else if self.arn.ends_with(".fifo") && self.message_group().is_none() {
            Some(format!("Parameter(s) SqsParameters must be specified for target: {id}."))
        } else if self.message_group().is_some_and(|group| group.is_empty() || group.len() > MAX_GROUP_LENGTH) {
            Some(format!("MessageGroupId of target {id} must have 1 to {MAX_GROUP_LENGTH} characters."))
        } else {
            self.retry_policy.as_ref().and_then(RetryPolicy::validation_error)
        }
    }
}

/// Names contain letters, digits, `.`, `-` and `_`.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-_".contains(character)
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Element(usize),
}

fn transformer_error(transformer: &InputTransformer) -> Option<String> {
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

fn is_valid_path(path: &str) -> bool {
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
