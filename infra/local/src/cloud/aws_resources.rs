//! Creates and updates the queues, rules, archives and schedules of a stack through the APIs of their services. A resource
//! that is applied and unchanged is not put again, because that would restart schedules and undo changes of the user.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    error::StartError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::{
    aws_error::AwsError,
    http::AwsServices,
    schedule::{self, Expression},
    template::{Archive, Input, Queue, RetryPolicy, Rule, Schedule, Stack, Target},
};

pub(super) fn rule_key(rule: &Rule) -> Key {
    Key::new(Kind::Rule, &rule.bus, &rule.name)
}

pub(super) fn archive_key(archive: &Archive) -> Key {
    Key::new(Kind::Archive, "", &archive.name)
}

pub(super) fn schedule_key(schedule: &Schedule) -> Key {
    Key::new(Kind::Schedule, &schedule.group, &schedule.name)
}

pub(super) fn queue_key(queue: &Queue) -> Key {
    Key::new(Kind::Queue, "", &queue.name)
}

/// The rule and its targets as API requests.
pub(super) fn desired_rule(rule: &Rule) -> Value {
    let properties = json!({
        "Name": rule.name,
        "EventBusName": rule.bus,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "State": state(rule.enabled),
    });
    json!({ "rule": properties, "targets": rule.targets.iter().map(rule_target).collect::<Vec<_>>() })
}

fn rule_target(target: &Target) -> Value {
    let mut body = json!({ "Id": target.id, "Arn": target.arn, "RetryPolicy": retry_policy(&target.retries) });
    if let Some(arn) = &target.dead_letter_arn {
        body["DeadLetterConfig"] = json!({ "Arn": arn });
    }
    if let Some(group) = &target.message_group {
        body["SqsParameters"] = json!({ "MessageGroupId": group });
    }
    match &target.input {
        Input::Event => {}
        Input::Constant(text) => body["Input"] = json!(text),
        Input::Path(path) => body["InputPath"] = json!(path),
        Input::Transformed { paths, template } => {
            body["InputTransformer"] = json!({ "InputPathsMap": paths, "InputTemplate": template });
        }
    }
    body
}

/// The archive as an API request. Missing properties clear earlier ones.
pub(super) fn desired_archive(archive: &Archive) -> Value {
    json!({
        "ArchiveName": archive.name,
        "EventSourceArn": archive.source_arn,
        "Description": archive.description,
        "EventPattern": archive.pattern,
        "RetentionDays": archive.retention_days,
    })
}

/// The schedule as an API request.
pub(super) fn desired_schedule(schedule: &Schedule) -> Value {
    let window = match schedule.flexible_minutes {
        None => json!({ "Mode": "OFF" }),
        Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
    };
    let target = &schedule.target;
    let event = target.event.as_ref();
    json!({
        "Name": schedule.name,
        "GroupName": schedule.group,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.zone,
        "StartDate": schedule.begins.map(|begins| begins.as_second()),
        "EndDate": schedule.ends.map(|ends| ends.as_second()),
        "State": state(schedule.enabled),
        "FlexibleTimeWindow": window,
        "ActionAfterCompletion": if schedule.deleted_when_done { "DELETE" } else { "NONE" },
        "Target": {
            "Arn": target.arn,
            "RoleArn": target.role_arn,
            "Input": target.input,
            "RetryPolicy": retry_policy(&target.retries),
            "DeadLetterConfig": target.dead_letter_arn.as_ref().map(|arn| json!({ "Arn": arn })),
            "EventBridgeParameters": event.map(|(source, kind)| json!({ "Source": source, "DetailType": kind })),
        },
    })
}

/// The attributes of a queue. The redrive policy is set last.
pub(super) fn desired_queue(queue: &Queue) -> Value {
    let mut attributes = Map::new();
    for (name, number) in [
        ("DelaySeconds", queue.delay_seconds),
        ("MaximumMessageSize", queue.maximum_message_bytes),
        ("MessageRetentionPeriod", queue.retention_seconds),
        ("ReceiveMessageWaitTimeSeconds", queue.wait_seconds),
        ("VisibilityTimeout", queue.visibility_seconds),
    ] {
        attributes.insert(name.to_owned(), Value::String(number.to_string()));
    }
    if queue.fifo {
        let by_content = queue.deduplicates_by_content.to_string();
        attributes.insert("ContentBasedDeduplication".to_owned(), Value::String(by_content));
    }
    let policy = queue.redrive.as_ref().map_or(String::new(), |redrive| {
        json!({ "deadLetterTargetArn": redrive.dead_letter_arn, "maxReceiveCount": redrive.maximum_receives })
            .to_string()
    });
    json!({ "attributes": attributes, "redrive": policy })
}

fn state(enabled: bool) -> &'static str {
    if enabled { "ENABLED" } else { "DISABLED" }
}

fn retry_policy(retries: &RetryPolicy) -> Value {
    json!({ "MaximumRetryAttempts": retries.attempts, "MaximumEventAgeInSeconds": retries.maximum_age_seconds })
}

/// The description of a resource, if it exists. Tables are created before the services start, and mappings and functions
/// exist in the template only.
pub(super) async fn describe(services: &AwsServices, Key { kind, parent, name }: &Key) -> Option<Value> {
    let AwsServices { sqs, events, scheduler, .. } = services;
    let described = match kind {
        Kind::Rule => events.handle("DescribeRule", json!({ "Name": name, "EventBusName": parent })).await,
        Kind::Archive => events.handle("DescribeArchive", json!({ "ArchiveName": name })).await,
        Kind::Bus => events.handle("DescribeEventBus", json!({ "Name": name })).await,
        Kind::Schedule => scheduler.handle("GetSchedule", json!({ "Name": name, "GroupName": parent })).await,
        Kind::ScheduleGroup => scheduler.handle("GetScheduleGroup", json!({ "Name": name })).await,
        Kind::Queue => sqs.handle("GetQueueUrl", json!({ "QueueName": name })).await,
        Kind::Table | Kind::Mapping | Kind::Function => return None,
    };
    described.ok()
}

/// Creates the missing queues, buses, rules, archives, schedule groups and schedules, and updates the changed ones.
pub(super) async fn apply(services: &AwsServices, stack: &Stack, state: &mut ResourceState) -> Result<(), StartError> {
    let AwsServices { events, scheduler, .. } = services;
    let refused = |line: usize, name: &str| {
        let name = name.to_owned();
        move |source| StartError::Refused { line, name, source }
    };
    apply_queues(services, &stack.queues, state).await?;
    for bus in &stack.buses {
        if describe(services, &Key::new(Kind::Bus, "", &bus.name)).await.is_none() {
            let created = events.handle("CreateEventBus", json!({ "Name": bus.name })).await;
            created.map_err(|source| StartError::Unmade { name: bus.name.clone(), source })?;
        }
    }
    for rule in &stack.rules {
        apply_rule(services, rule, state).await.map_err(refused(rule.line, &rule.id))?;
    }
    for archive in &stack.archives {
        apply_archive(services, archive, state).await.map_err(refused(archive.line, &archive.id))?;
    }
    for group in &stack.schedule_groups {
        if describe(services, &Key::new(Kind::ScheduleGroup, "", &group.name)).await.is_none() {
            let created = scheduler.handle("CreateScheduleGroup", json!({ "Name": group.name })).await;
            created.map_err(|source| StartError::Unmade { name: group.name.clone(), source })?;
        }
    }
    for schedule in &stack.schedules {
        apply_schedule(services, schedule, state).await.map_err(refused(schedule.line, &schedule.id))?;
    }
    Ok(())
}

/// Applies all queues, and then their redrive policies, because any queue can be the dead-letter queue of another.
async fn apply_queues(services: &AwsServices, queues: &[Queue], state: &ResourceState) -> Result<(), StartError> {
    let sqs = &services.sqs;
    let mut changed = Vec::new();
    for queue in queues {
        let refused = |source| StartError::Refused { line: queue.line, name: queue.name.clone(), source };
        let (key, desired) = (queue_key(queue), desired_queue(queue));
        let is_there = describe(services, &key).await.is_some();
        if is_there && state.is_applied(&key, &desired) {
            continue;
        }
        let mut attributes = desired["attributes"].clone();
        let (operation, body) = if is_there {
            ("SetQueueAttributes", json!({ "QueueUrl": queue.url, "Attributes": attributes }))
        } else {
            if queue.fifo {
                attributes["FifoQueue"] = json!("true");
            }
            ("CreateQueue", json!({ "QueueName": queue.name, "Attributes": attributes }))
        };
        sqs.handle(operation, body).await.map_err(refused)?;
        changed.push((queue, desired));
    }
    for (queue, desired) in changed {
        let refused = |source| StartError::Refused { line: queue.line, name: queue.name.clone(), source };
        let body = json!({ "QueueUrl": queue.url, "Attributes": { "RedrivePolicy": desired["redrive"] } });
        sqs.handle("SetQueueAttributes", body).await.map_err(refused)?;
    }
    Ok(())
}

async fn apply_rule(services: &AwsServices, rule: &Rule, state: &ResourceState) -> Result<(), AwsError> {
    let (events, key, desired) = (&services.events, rule_key(rule), desired_rule(rule));
    let described = describe(services, &key).await;
    if described.is_some() && state.is_applied(&key, &desired) {
        return Ok(());
    }
    let is_same = described.is_some_and(|described| {
        let value = |rule: &Value, field: &str| rule.get(field).and_then(Value::as_str).map(str::to_owned);
        let fields = ["EventPattern", "ScheduleExpression", "State"];
        fields.iter().all(|field| value(&described, field) == value(&desired["rule"], field))
    });
    if !is_same {
        events.handle("PutRule", desired["rule"].clone()).await?;
    }
    let of_rule = |name: &str, value: Value| json!({ "Rule": rule.name, "EventBusName": rule.bus, name: value });
    let listed = json!({ "Rule": rule.name, "EventBusName": rule.bus });
    let listed = events.handle("ListTargetsByRule", listed).await?;
    let present = listed.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default();
    let declared: BTreeSet<&str> = rule.targets.iter().map(|target| target.id.as_str()).collect();
    // A target that the stack never declared belongs to another caller.
    let id = |target: &Value| target.get("Id").and_then(Value::as_str).map(str::to_owned);
    let earlier = state.earlier(&key).filter_map(|earlier| earlier.get("targets")?.as_array()).flatten();
    let ours: BTreeSet<String> = earlier.filter_map(id).collect();
    let is_removed = |id: &String| ours.contains(id) && !declared.contains(id.as_str());
    let removed: Vec<String> = present.iter().filter_map(id).filter(is_removed).collect();
    if !removed.is_empty() {
        events.handle("RemoveTargets", of_rule("Ids", json!(removed))).await?;
    }
    let missing: Vec<Value> = rule.targets.iter().map(rule_target).filter(|target| !present.contains(target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let answer = events.handle("PutTargets", of_rule("Targets", json!(missing))).await?;
    match answer.pointer("/FailedEntries/0/ErrorMessage").and_then(Value::as_str) {
        Some(message) => Err(AwsError::sender("ValidationException", message)),
        None => Ok(()),
    }
}

/// A changed archive keeps its events.
async fn apply_archive(services: &AwsServices, archive: &Archive, state: &ResourceState) -> Result<(), AwsError> {
    let (events, key, desired) = (&services.events, archive_key(archive), desired_archive(archive));
    let Some(present) = describe(services, &key).await else {
        return events.handle("CreateArchive", desired).await.map(|_| ());
    };
    if state.is_applied(&key, &desired) {
        return Ok(());
    }
    let source = present.get("EventSourceArn").and_then(Value::as_str);
    let loses_pattern = archive.pattern.is_none() && present.get("EventPattern").is_some();
    if source == Some(archive.source_arn.as_str()) && !loses_pattern {
        return events.handle("UpdateArchive", desired).await.map(|_| ());
    }
    let message = format!(
        "Archive {} is there for another bus, or with a pattern that cannot be taken from it: give it another name.",
        archive.name
    );
    Err(AwsError::sender("ResourceAlreadyExistsException", message))
}

async fn apply_schedule(
    services: &AwsServices,
    schedule: &Schedule,
    state: &mut ResourceState,
) -> Result<(), AwsError> {
    let (key, desired) = (schedule_key(schedule), desired_schedule(schedule));
    let is_there = describe(services, &key).await.is_some();
    // A missing schedule has completed, if it is deleted after completion.
    if state.is_applied(&key, &desired) && (is_there || schedule.deleted_when_done) {
        return Ok(());
    }
    if !is_there && state.is_resumed(&key) && has_passed(schedule, services.functions.clock().now()) {
        // The killed start had created it, and it has fired since.
        tracing::info!(schedule = schedule.id, "a one-time schedule has passed");
        return Ok(());
    }
    let operation = if is_there { "UpdateSchedule" } else { "CreateSchedule" };
    let Err(refusal) = services.scheduler.handle(operation, desired).await else { return Ok(()) };
    if !is_there {
        // Nothing was created, so the next start need not know of it.
        state.forget(&key).ok();
    }
    Err(refusal)
}

/// Whether this is a one-time schedule whose time is over.
fn has_passed(schedule: &Schedule, now: Timestamp) -> bool {
    let parsed = schedule::Schedule::for_scheduler(&schedule.expression, schedule.zone.as_deref(), now, None);
    let once = parsed.ok().filter(|parsed| matches!(parsed.expression(), Expression::At(_)));
    once.and_then(|parsed| parsed.first()).is_some_and(|time| time < now)
}
