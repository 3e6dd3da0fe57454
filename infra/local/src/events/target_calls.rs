//! The calls about the targets of rules.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws_error::AwsError;

use super::{
    Events, request,
    rule_calls::{known_bus, known_rule},
    state::Change,
    target::Target,
};

/// Targets of one rule.
const MOST_TARGETS: usize = 5;

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTargetsByRule {
    rule: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRuleNamesByTarget {
    target_arn: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(super) fn put_targets(&self, body: Value) -> Result<Value, AwsError> {
        let request: PutTargets = request::read(body)?;
        let name = request::required("rule", request.rule)?;
        let targets = request::required("targets", request.targets)?;
        let mut state = self.durable.state();
        let mut rule = known_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        for target in targets {
            if let Some(refusal) = target.refusal() {
                return Err(request::invalid(refusal));
            }
            rule.targets.insert(target.id.clone(), target);
        }
        if rule.targets.len() > MOST_TARGETS {
            let message = "The requested resource exceeds the maximum number allowed.";
            return Err(AwsError::sender("LimitExceededException", message));
        }
        self.durable.commit(&mut state, vec![Change::Rule(Box::new(rule))]).map_err(request::not_remembered)?;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    pub(super) fn remove_targets(&self, body: Value) -> Result<Value, AwsError> {
        let request: RemoveTargets = request::read(body)?;
        let name = request::required("rule", request.rule)?;
        let ids = request::required("ids", request.ids)?;
        let mut state = self.durable.state();
        let mut rule = known_rule(&state, request.event_bus_name.as_deref(), &name)?.clone();
        let mut failed = Vec::new();
        for id in ids {
            if rule.targets.remove(&id).is_none() {
                let message = format!("Rule {name} does not have a target with the Id {id}.");
                failed
                    .push(json!({ "TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message }));
            }
        }
        self.durable.commit(&mut state, vec![Change::Rule(Box::new(rule))]).map_err(request::not_remembered)?;
        Ok(json!({ "FailedEntryCount": failed.len(), "FailedEntries": failed }))
    }

    pub(super) fn list_targets_by_rule(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListTargetsByRule = request::read(body)?;
        let name = request::required("rule", request.rule)?;
        let state = self.durable.state();
        let rule = known_rule(&state, request.event_bus_name.as_deref(), &name)?;
        let targets = rule.targets.iter().map(|(id, target)| (id.clone(), json!(target)));
        Ok(request::listed("Targets", request::page(targets, request.next_token.as_deref(), request.limit)?))
    }

    pub(super) fn list_rule_names_by_target(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRuleNamesByTarget = request::read(body)?;
        let arn = request::required("targetArn", request.target_arn)?;
        let state = self.durable.state();
        let bus = known_bus(&state, request.event_bus_name.as_deref())?;
        let rules = state.buses.get(&bus).into_iter().flat_map(|bus| bus.rules.values());
        let of_target = rules.filter(|rule| rule.targets.values().any(|target| target.arn == arn));
        let names = of_target.map(|rule| (rule.name.clone(), rule.name.clone()));
        Ok(request::listed("RuleNames", request::page(names, request.next_token.as_deref(), request.limit)?))
    }
}
