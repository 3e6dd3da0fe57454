//! The targets of rules: their validation and the API calls about them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{aws_error::AwsError, delivery::retry_policy::RetryPolicy};

use super::{
    EventBridge,
    bus::existing_bus,
    input,
    request::{self, ListRequest},
    rule::{existing_rule, is_name_character},
    state::Change,
};

/// The maximum length of a constant input or template.
const MAX_INPUT_LENGTH: usize = 8_192;

/// The maximum length of a message group id.
const MAX_GROUP_LENGTH: usize = 128;

/// The maximum number of targets of a rule.
const MAX_TARGETS: usize = 5;

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutTargets {
    rule: Option<String>,
    event_bus_name: Option<String>,
    targets: Option<Vec<Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RemoveTargets {
    rule: Option<String>,
    event_bus_name: Option<String>,
    ids: Option<Vec<String>>,
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

    /// Returns the validation error of this target, if there is one.
    fn validation_error(&self) -> Option<String> {
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
        } else if self.input_path.as_ref().is_some_and(|path| !input::is_valid_path(path)) {
            Some(format!("Invalid JsonPath syntax in InputPath for target {id}."))
        } else if let Some(problem) = self.input_transformer.as_ref().and_then(input::validation_error) {
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

impl EventBridge {
    pub(super) fn put_targets(&self, body: Value) -> Result<Value, AwsError> {
        let request: PutTargets = request::read(body)?;
        let name = request::required("rule", request.rule)?;
        let targets = request::required("targets", request.targets)?;
        let mut state = self.durable.state();
        let mut rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        for target in targets {
            if let Some(error) = target.validation_error() {
                return Err(request::invalid(error));
            }
            rule.targets.insert(target.id.clone(), target);
        }
        if rule.targets.len() > MAX_TARGETS {
            return Err(request::limit_exceeded());
        }
        self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    pub(super) fn remove_targets(&self, body: Value) -> Result<Value, AwsError> {
        let request: RemoveTargets = request::read(body)?;
        let name = request::required("rule", request.rule)?;
        let ids = request::required("ids", request.ids)?;
        let mut state = self.durable.state();
        let mut rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        let mut failed = Vec::new();
        for id in ids {
            if rule.targets.remove(&id).is_none() {
                let message = format!("Rule {name} does not have a target with the Id {id}.");
                failed
                    .push(json!({ "TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message }));
            }
        }
        self.commit(&mut state, vec![Change::Rule(Box::new(rule))])?;
        Ok(json!({ "FailedEntryCount": failed.len(), "FailedEntries": failed }))
    }

    pub(super) fn list_targets_by_rule(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRequest = request::read(body)?;
        let name = request::required("rule", request.rule)?;
        let state = self.durable.state();
        let rule = existing_rule(&state, request.event_bus_name.as_deref(), &name)?;
        let targets = rule.targets.iter().map(|(id, target)| (id.clone(), json!(target)));
        request::list_response("Targets", targets, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn list_rule_names_by_target(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRequest = request::read(body)?;
        let arn = request::required("targetArn", request.target_arn)?;
        let state = self.durable.state();
        let bus = existing_bus(&state, request.event_bus_name.as_deref())?;
        let rules = state.buses.get(&bus).into_iter().flat_map(|bus| bus.rules.values());
        let of_target = rules.filter(|rule| rule.targets.values().any(|target| target.arn == arn));
        let names = of_target.map(|rule| (rule.name.clone(), rule.name.clone()));
        request::list_response("RuleNames", names, request.next_token.as_deref(), request.limit)
    }
}
