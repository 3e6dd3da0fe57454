//! Reads the four formats of a dead letter. It never fails: a body that it cannot read stays text.

use std::collections::BTreeMap;

use causeway::{
    Delivery,
    delivery::{bus::source_of, dead_letter::DeadLetter as OwnDeadLetter},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Content, DeadLetter, Origin};

type Attributes = BTreeMap<String, String>;

impl DeadLetter {
    /// Reads a dead letter from the message body, its attributes, and the time it was sent to the queue.
    pub fn read(body: &str, attributes: &Attributes, sent: Option<Timestamp>) -> Self {
        if attributes.contains_key("SCHEDULE_ARN") || attributes.contains_key("IS_PAYLOAD_TRUNCATED") {
            return of_schedule(body, attributes, sent);
        }
        if let Some(rule_arn) = attributes.get("RULE_ARN") {
            let origin = Origin::Rule { rule_arn: rule_arn.clone(), target_arn: attribute(attributes, "TARGET_ARN") };
            return of_attributes(origin, attributes, sent, message(body));
        }
        if let Ok(record) = serde_json::from_str::<FailureRecord>(body) {
            return of_record(record, sent);
        }
        if let Ok(letter) = serde_json::from_str::<OwnDeadLetter>(body) {
            return Self {
                reason: letter.reason,
                explanation: letter.explanation,
                attempts: None,
                origin: Origin::Kept { consumer: letter.consumer },
                at: Some(letter.at),
                content: message(letter.message.get()),
            };
        }
        Self {
            reason: "UNKNOWN".to_owned(),
            explanation: "the message does not say why it was dead-lettered".to_owned(),
            attempts: None,
            origin: Origin::Unknown,
            at: sent,
            content: message(body),
        }
    }
}

fn attribute(attributes: &Attributes, name: &str) -> String {
    attributes.get(name).cloned().unwrap_or_default()
}

/// EventBridge and its scheduler write the reason into message attributes.
fn of_attributes(origin: Origin, attributes: &Attributes, at: Option<Timestamp>, content: Content) -> DeadLetter {
    let reason = attributes.get("ERROR_CODE").or_else(|| attributes.get("EXHAUSTED_RETRY_CONDITION"));
    let explanation = ["ERROR_MESSAGE", "EXHAUSTED_RETRY_CONDITION"].map(|name| attribute(attributes, name));
    DeadLetter {
        reason: reason.cloned().unwrap_or_else(|| "UNKNOWN".to_owned()),
        explanation: explanation.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "),
        attempts: attributes.get("RETRY_ATTEMPTS").and_then(|count| count.parse().ok()),
        origin,
        at,
        content,
    }
}

fn of_schedule(body: &str, attributes: &Attributes, sent: Option<Timestamp>) -> DeadLetter {
    let origin = Origin::Timer { schedule_arn: attribute(attributes, "SCHEDULE_ARN") };
    let due = attributes.get("SCHEDULED_TIME").and_then(|time| time.parse().ok());
    let truncated = attributes.get("IS_PAYLOAD_TRUNCATED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let content = if truncated {
        unreadable(body, "the scheduler truncated it")
    } else {
        timer_message(body, due.or(sent)).unwrap_or_else(|| message(body))
    };
    of_attributes(origin, attributes, due.or(sent), content)
}

/// The body of a failed schedule is its input (an envelope), or the `PutEvents` call that it would have made.
fn timer_message(body: &str, at: Option<Timestamp>) -> Option<Content> {
    if let Ok(call) = serde_json::from_str::<PutCall>(body) {
        let entry = call.entries.into_iter().next()?;
        let id = serde_json::from_str::<StoredEnvelope>(&entry.detail).ok()?.event_id;
        let detail = RawValue::from_string(entry.detail).ok()?;
        return Some(Content::Message(delivery(id, entry.source, entry.detail_type, at?, detail)));
    }
    let envelope: StoredEnvelope = serde_json::from_str(body).ok()?;
    let detail = RawValue::from_string(body.to_owned()).ok()?;
    let at = envelope.timestamp.or(at)?;
    Some(Content::Message(delivery(
        envelope.event_id,
        source_of(&envelope.aggregate_type),
        envelope.event_type,
        at,
        detail,
    )))
}

fn delivery(id: String, source: String, detail_type: String, time: Timestamp, detail: Box<RawValue>) -> Delivery {
    Delivery { id, source, account: None, detail_type, time, detail, replay_name: None }
}

fn of_record(record: FailureRecord, sent: Option<Timestamp>) -> DeadLetter {
    let response = |field: &str| {
        let payload = record.response_payload.as_ref();
        payload.and_then(|payload| payload.get(field)).and_then(Value::as_str).map(str::to_owned)
    };
    let content = match &record.request_payload {
        Some(payload) => message(payload.get()),
        // A stream's record only names the sequence numbers; the log still has the commits.
        None => {
            unreadable(&record.batch_info(), "it holds no message; a repair publishes the commits from the log again")
        }
    };
    DeadLetter {
        reason: response("errorType").unwrap_or_else(|| record.request_context.condition.clone()),
        explanation: response("errorMessage").unwrap_or_else(|| record.request_context.condition.clone()),
        attempts: record.request_context.approximate_invoke_count,
        origin: Origin::Function { function_arn: record.request_context.function_arn.clone() },
        at: record.timestamp.or(sent),
        content,
    }
}

fn message(text: &str) -> Content {
    match serde_json::from_str::<Delivery>(text) {
        Ok(delivery) => Content::Message(delivery),
        Err(error) => unreadable(text, &format!("not an EventBridge event: {error}")),
    }
}

fn unreadable(text: &str, why: &str) -> Content {
    Content::Unreadable { text: text.to_owned(), why: why.to_owned() }
}

/// The record that Lambda sends to an on-failure destination.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailureRecord {
    timestamp: Option<Timestamp>,
    request_context: RequestContext,
    request_payload: Option<Box<RawValue>>,
    response_payload: Option<Value>,
    #[serde(rename = "DDBStreamBatchInfo")]
    stream_batch: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    function_arn: String,
    condition: String,
    approximate_invoke_count: Option<u32>,
}

impl FailureRecord {
    fn batch_info(&self) -> String {
        self.stream_batch.as_ref().map(|batch| batch.get().to_owned()).unwrap_or_default()
    }
}

/// The envelope fields that are needed to publish it again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredEnvelope {
    event_id: String,
    event_type: String,
    aggregate_type: String,
    timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutCall {
    entries: Vec<PutCallEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutCallEntry {
    source: String,
    detail_type: String,
    detail: String,
}
