//! Deploys the buses, rules and targets of a stack. An unchanged rule is not put again, because that would restart its
//! schedule.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    CloudError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::{
    aws_error::AwsError,
    events::EventBridge,
    template::{Input, Rule, Stack, Target},
};

/// The key in the resource state.
pub(super) fn key(rule: &Rule) -> Key {
    Key::new(Kind::Rule, &rule.bus, &rule.name)
}

/// The rule and its targets as an API request.
pub(super) fn desired(rule: &Rule) -> Value {
    let properties = json!({
        "Name": rule.name,
        "EventBusName": rule.bus,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "State": if rule.enabled { "ENABLED" } else { "DISABLED" },
    });
    json!({ "rule": properties, "targets": rule.targets.iter().map(request_of).collect::<Vec<_>>() })
}

/// Whether a bus of this name exists.
pub(super) async fn is_bus_there(events: &EventBridge, name: &str) -> bool {
    events.handle("DescribeEventBus", json!({ "Name": name })).await.is_ok()
}

/// Whether a rule of this name exists.
pub(super) async fn is_there(events: &EventBridge, bus: &str, name: &str) -> bool {
    events.handle("DescribeRule", json!({ "Name": name, "EventBusName": bus })).await.is_ok()
}

/// Creates what is missing and updates what has changed.
pub(super) async fn make(events: &EventBridge, stack: &Stack, state: &ResourceState) -> Result<(), CloudError> {
    for bus in &stack.buses {
        if !is_bus_there(events, &bus.name).await {
            let refused = |source| CloudError::Unmade { name: bus.name.clone(), source };
            events.handle("CreateEventBus", json!({ "Name": bus.name })).await.map_err(refused)?;
        }
    }
    for rule in &stack.rules {
        let refused = |source| CloudError::Refused { line: rule.line, name: rule.id.clone(), source };
        make_rule(events, rule, state).await.map_err(refused)?;
    }
    Ok(())
}

async fn make_rule(events: &EventBridge, rule: &Rule, state: &ResourceState) -> Result<(), AwsError> {
    let described = events.handle("DescribeRule", json!({ "Name": rule.name, "EventBusName": rule.bus })).await;
    let (key, wanted) = (key(rule), desired(rule));
    if described.is_ok() && state.is_applied(&key, &wanted) {
        return Ok(());
    }
    let properties = wanted.get("rule").cloned().unwrap_or_default();
    let is_same = described.is_ok_and(|described| {
        ["EventPattern", "ScheduleExpression", "State"].iter().all(|field| {
            let said = |value: &Value| value.get(*field).and_then(Value::as_str).map(str::to_owned);
            said(&described) == said(&properties)
        })
    });
    if !is_same {
        events.handle("PutRule", properties).await?;
    }
    let of_rule = json!({ "Rule": rule.name, "EventBusName": rule.bus });
    let present = events.handle("ListTargetsByRule", of_rule.clone()).await?;
    let present = present.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default();
    let declared: BTreeSet<&str> = rule.targets.iter().map(|target| target.id.as_str()).collect();
    // A target that the stack never declared belongs to another caller.
    let earlier = state.earlier(&key).filter_map(|earlier| earlier.get("targets")?.as_array()).flatten();
    let ours: BTreeSet<&str> = earlier.filter_map(id).collect();
    let gone: Vec<&str> =
        present.iter().filter_map(id).filter(|id| ours.contains(id) && !declared.contains(id)).collect();
    if !gone.is_empty() {
        events.handle("RemoveTargets", with(of_rule.clone(), "Ids", json!(gone))).await?;
    }
    let wanted: Vec<Value> = rule.targets.iter().map(request_of).filter(|target| !present.contains(target)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let answer = events.handle("PutTargets", with(of_rule, "Targets", json!(wanted))).await?;
    match answer.pointer("/FailedEntries/0/ErrorMessage").and_then(Value::as_str) {
        Some(message) => Err(AwsError::sender("ValidationException", message)),
        None => Ok(()),
    }
}

/// The id of a target.
fn id(target: &Value) -> Option<&str> {
    target.get("Id").and_then(Value::as_str)
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
    body
}

/// A target as an API request.
fn request_of(target: &Target) -> Value {
    let retries = json!({
        "MaximumRetryAttempts": target.retries.attempts,
        "MaximumEventAgeInSeconds": target.retries.maximum_age_seconds,
    });
    let body = json!({ "Id": target.id, "Arn": target.arn, "RetryPolicy": retries });
    let body = match &target.dead_letter_arn {
        None => body,
        Some(arn) => with(body, "DeadLetterConfig", json!({ "Arn": arn })),
    };
    let body = match &target.message_group {
        None => body,
        Some(group) => with(body, "SqsParameters", json!({ "MessageGroupId": group })),
    };
    match &target.input {
        Input::Event => body,
        Input::Constant(text) => with(body, "Input", json!(text)),
        Input::Path(path) => with(body, "InputPath", json!(path)),
        Input::Transformed { paths, template } => {
            with(body, "InputTransformer", json!({ "InputPathsMap": paths, "InputTemplate": template }))
        }
    }
}
