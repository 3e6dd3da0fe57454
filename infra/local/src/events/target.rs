//! The targets of rules, and their validation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::delivery::retry_policy::RetryPolicy;

use super::{
    envelope::AcceptedEvent,
    input::{InputTransformer, is_valid_path, part},
};

/// The maximum length of a constant input or template.
const MAX_INPUT_LENGTH: usize = 8_192;
const MAX_GROUP_LENGTH: usize = 128;

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

/// The targets of a rule in the order in which they were put, each id once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredTargets")]
pub(super) struct Targets(Vec<Target>);

/// Targets were stored by their id before they had an order.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredTargets {
    InOrder(Vec<Target>),
    ById(BTreeMap<String, Target>),
}

impl From<StoredTargets> for Targets {
    fn from(stored: StoredTargets) -> Self {
        match stored {
            StoredTargets::InOrder(targets) => Self(targets),
            StoredTargets::ById(targets) => Self(targets.into_values().collect()),
        }
    }
}

impl Targets {
    /// Replaces the target of this id, or adds it at the end.
    pub(super) fn put(&mut self, target: Target) {
        match self.0.iter_mut().find(|present| present.id == target.id) {
            Some(present) => *present = target,
            None => self.0.push(target),
        }
    }

    /// Removes the target of this id. Returns whether there was one.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|target| target.id != id);
        self.0.len() < before
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Target> {
        self.0.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Targets {
    type Item = Target;
    type IntoIter = std::vec::IntoIter<Target>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The parameters of a queue target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_group_id: Option<String>,
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

    /// Returns what the target gets of an event under this rule, or none if it cannot be delivered.
    pub(super) fn input(&self, rule_arn: &str, event: &AcceptedEvent) -> Option<String> {
        match (&self.input, &self.input_path, &self.input_transformer) {
            (Some(constant), ..) => Some(constant.clone()),
            (None, Some(path), _) => part(event, path),
            (None, None, Some(transformer)) => transformer.transform(rule_arn, event),
            (None, None, None) => Some(event.envelope.clone()),
        }
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
        if TargetKind::of(&self.arn).is_none() {
            Some(format!("Parameter {} is not valid. Reason: Provided Arn is not in correct format.", self.arn))
        } else if inputs.iter().sum::<usize>() > 1 {
            Some(format!("Only one of Input, InputPath, or InputTransformer must be provided for target {id}."))
        } else if too_long {
            Some(format!("The input of target {id} is longer than {MAX_INPUT_LENGTH} characters."))
        } else if not_json {
            Some(format!("JSON syntax error in input for target {id}"))
        } else if self.input_path.as_ref().is_some_and(|path| !is_valid_path(path)) {
            Some(format!("Invalid JsonPath syntax in InputPath for target {id}."))
        } else if let Some(problem) = self.input_transformer.as_ref().and_then(|it| it.validation_error(id)) {
            Some(problem)
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
