//! The log records that EventBridge writes for a bus with `LogConfig`, up to the log level of the bus. They are derived
//! from the activity and published to the feed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{ActivityEvent, AttemptOutcome},
    template::{BusLogging, LogLevel, Stack},
};

/// The buses that have a log level.
pub(super) struct BusLogs {
    buses: BTreeMap<String, LoggingBus>,
    clock: Clock,
}

struct LoggingBus {
    arn: String,
    logging: BusLogging,
}

/// One log record of one event.
struct Step<'n> {
    kind: &'static str,
    level: LogLevel,
    event_id: &'n str,
    details: Value,
    error: Option<Value>,
}

impl BusLogs {
    pub(super) fn of(stack: &Stack, clock: &Clock) -> Self {
        let logged = stack.buses.iter().filter(|bus| bus.logging.level > LogLevel::Off);
        let buses =
            logged.map(|bus| (bus.name.clone(), LoggingBus { arn: bus.arn.clone(), logging: bus.logging })).collect();
        Self { buses, clock: clock.clone() }
    }

    /// The log records of this activity.
    pub(super) fn records(&self, activity: &ActivityEvent) -> Vec<Value> {
        let Some((name, bus)) = bus_of(activity).and_then(|name| self.buses.get_key_value(name)) else {
            return Vec::new();
        };
        let steps = match activity {
            ActivityEvent::EventPut { event_id, event, rules, .. } => event_put(event_id, event, rules, bus),
            ActivityEvent::DeliveryAttempted { .. } => delivery_attempted(activity),
            ActivityEvent::WalWriteFailed { .. } => Vec::new(),
        };
        let at = self.clock.now();
        let wanted = steps.into_iter().filter(|step| step.level <= bus.logging.level);
        wanted.map(|step| json!({ "kind": "busLog", "bus": name, "line": step.record(name, bus, at) })).collect()
    }
}

impl Step<'_> {
    fn record(self, name: &str, bus: &LoggingBus, at: Timestamp) -> Value {
        let mut record = json!({
            "resource_arn": bus.arn,
            "event_bus_name": name,
            "event_id": self.event_id,
            "message_timestamp_ms": at.as_millisecond(),
            "message_type": self.kind,
            "log_level": self.level.as_str(),
            "details": self.details,
        });
        if let (Some(fields), Some(error)) = (record.as_object_mut(), self.error) {
            fields.insert("error".to_owned(), error);
        }
        record
    }
}

/// The bus of an activity: that of the event, or of the rule, whose ARN omits the default bus.
fn bus_of(activity: &ActivityEvent) -> Option<&str> {
    match activity {
        ActivityEvent::EventPut { bus, .. } => Some(bus),
        ActivityEvent::DeliveryAttempted { rule_arn, .. } => {
            let (service, rule) = rule_arn.split_once(":rule/")?;
            let is_rule = service.split(':').nth(2) == Some("events");
            is_rule.then(|| rule.rsplit_once('/').map_or("default", |(bus, _)| bus))
        }
        ActivityEvent::WalWriteFailed { .. } => None,
    }
}

fn event_put<'n>(event_id: &'n str, event: &str, rules: &[String], bus: &LoggingBus) -> Vec<Step<'n>> {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let mut details = json!({
        "caller_account_id": event["account"], "source": event["source"], "detail_type": event["detail-type"],
        "resources": event["resources"],
    });
    if let (true, Some(fields)) = (bus.logging.with_detail, details.as_object_mut()) {
        fields.insert("event_detail".to_owned(), event["detail"].to_string().into());
    }
    let step = |kind, level, details| Step { kind, level, event_id, details, error: None };
    let mut steps = vec![
        step("EVENT_RECEIPT", LogLevel::Trace, details.clone()),
        step("EVENT_INGEST_SUCCESS", LogLevel::Info, details.clone()),
        step("RULE_MATCH_START", LogLevel::Trace, details),
    ];
    if rules.is_empty() {
        steps.push(step("NO_STANDARD_RULES_MATCHED", LogLevel::Info, json!({})));
    }
    // A rule is in the region and account of its bus.
    let arn = |rule: &String| bus.arn.replacen(":event-bus/", ":rule/", 1) + "/" + rule;
    let matched = rules.iter().map(|rule| step("RULE_MATCH", LogLevel::Info, json!({ "rule_arn": arn(rule) })));
    steps.extend(matched);
    steps
}

fn delivery_attempted(activity: &ActivityEvent) -> Vec<Step<'_>> {
    let ActivityEvent::DeliveryAttempted { event_id, rule_arn, target_arn, attempt, age, latency, outcome } = activity
    else {
        return Vec::new();
    };
    let started = || json!({ "rule_arn": rule_arn, "target_arn": target_arn, "attempt_count": attempt });
    let completed = || {
        json!({
            "rule_arn": rule_arn, "target_arn": target_arn, "total_attempts": attempt,
            "ingestion_to_complete_latency_ms": milliseconds(age), "target_duration_ms": milliseconds(latency),
        })
    };
    let attempted = || {
        json!({
            "rule_arn": rule_arn, "target_arn": target_arn, "attempt_count": attempt,
            "attempt_type": if *attempt == 1 { "FIRST" } else { "RETRY" }, "target_duration_ms": milliseconds(latency),
        })
    };
    let step = |kind, level, details| Step { kind, level, event_id, details, error: None };
    let failed = |kind, code: &str, message: &str, details| {
        let service = target_arn.split(':').nth(2);
        let error = json!({ "error_message": format!("{code}: {message}"), "aws_service": service });
        Step { kind, level: LogLevel::Error, event_id, details, error: Some(error) }
    };
    let mut steps = Vec::new();
    if *attempt == 1 {
        steps.push(step("INVOCATION_START", LogLevel::Info, started()));
    }
    steps.push(step("INVOCATION_ATTEMPT_START", LogLevel::Trace, started()));
    match outcome {
        AttemptOutcome::Delivered => {
            steps.push(step("INVOCATION_ATTEMPT_SUCCESS", LogLevel::Trace, attempted()));
            steps.push(step("INVOCATION_SUCCESS", LogLevel::Info, completed()));
        }
        AttemptOutcome::Retry { code, message, .. } => {
            let throttled = code == "THROTTLING";
            let kind = if throttled { "INVOCATION_ATTEMPT_THROTTLE" } else { "INVOCATION_ATTEMPT_RETRYABLE_FAILURE" };
            steps.push(failed(kind, code, message, attempted()));
        }
        AttemptOutcome::DeadLettered { code, message } => {
            steps.push(failed("INVOCATION_ATTEMPT_PERMANENT_FAILURE", code, message, attempted()));
            steps.push(failed("INVOCATION_DLQ", code, message, completed()));
        }
        AttemptOutcome::Dropped { code, message } => {
            steps.push(failed("INVOCATION_ATTEMPT_PERMANENT_FAILURE", code, message, attempted()));
            steps.push(failed("INVOCATION_FAILURE", code, message, completed()));
        }
    }
    steps
}

fn milliseconds(duration: &SignedDuration) -> i128 {
    duration.as_millis()
}
