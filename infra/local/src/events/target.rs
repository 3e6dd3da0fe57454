//! Where a rule sends its events, in the words of the API, and what the API takes for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::retry_policy::RetryPolicy;

/// The longest constant input or template.
const LONGEST_INPUT: usize = 8_192;

/// The longest name of a group of messages.
const LONGEST_GROUP: usize = 128;

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

/// What a queue is told beside the message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_group_id: Option<String>,
}

/// Values taken from the event and the text that they are put into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InputTransformer {
    #[serde(default)]
    pub(super) input_paths_map: BTreeMap<String, String>,
    pub(super) input_template: String,
}

/// The queue for what could not be delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
}

/// What kind of thing an ARN names, as far as this service can deliver to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Queue,
    Bus,
}

/// The kind of thing that an ARN names.
pub(crate) fn kind(arn: &str) -> Option<Kind> {
    let mut parts = arn.split(':');
    let (prefix, service) = (parts.next()?, parts.nth(1)?);
    match (prefix, service) {
        ("arn", "lambda") => Some(Kind::Function),
        ("arn", "sqs") => Some(Kind::Queue),
        ("arn", "events") if arn.contains(":event-bus/") => Some(Kind::Bus),
        _ => None,
    }
}

impl Target {
    /// The group of its messages, if it is a queue that has groups.
    pub(super) fn message_group(&self) -> Option<&str> {
        self.sqs_parameters.as_ref()?.message_group_id.as_deref()
    }

    /// What the API refuses about this target, in words.
    pub(super) fn refusal(&self) -> Option<String> {
        let id = &self.id;
        let inputs =
            [self.input.is_some(), self.input_path.is_some(), self.input_transformer.is_some()].map(usize::from);
        let template = self.input_transformer.as_ref().map(|transformer| &transformer.input_template);
        let too_long = [self.input.as_ref(), template].into_iter().flatten().any(|text| text.len() > LONGEST_INPUT);
        let not_json =
            self.input.as_ref().is_some_and(|input| serde_json::from_str::<serde::de::IgnoredAny>(input).is_err());
        let dead_letters = self.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref());
        if id.is_empty() || id.len() > 64 || !id.chars().all(super::rule::may_be_in_a_name) {
            Some(format!("Target id {id} is not valid."))
        } else if kind(&self.arn).is_none() {
            Some(format!("Parameter {} is not valid. Reason: Provided Arn is not in correct format.", self.arn))
        } else if inputs.iter().sum::<usize>() > 1 {
            Some(format!("Only one of Input, InputPath, or InputTransformer must be provided for target {id}."))
        } else if too_long {
            Some(format!("The input of target {id} is longer than {LONGEST_INPUT} characters."))
        } else if not_json {
            Some(format!("JSON syntax error in input for target {id}"))
        } else if self.input_path.as_ref().is_some_and(|path| super::path::steps(path).is_none()) {
            Some(format!("Invalid JsonPath syntax in InputPath for target {id}."))
        } else if let Some(problem) = self.input_transformer.as_ref().and_then(super::input::refusal) {
            Some(format!("Invalid InputTransformer for target {id} : {problem}"))
        } else if dead_letters.is_some_and(|arn| kind(arn) != Some(Kind::Queue) || arn.ends_with(".fifo")) {
            Some(format!("The dead-letter queue of target {id} must be a standard queue."))
        } else if self.arn.ends_with(".fifo") && self.message_group().is_none() {
            Some(format!("Parameter(s) SqsParameters must be specified for target: {id}."))
        } else if self.message_group().is_some_and(|group| group.is_empty() || group.len() > LONGEST_GROUP) {
            Some(format!("MessageGroupId of target {id} must have 1 to {LONGEST_GROUP} characters."))
        } else {
            self.retry_policy.as_ref().and_then(RetryPolicy::validation_error)
        }
    }
}
