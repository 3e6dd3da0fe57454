//! One reader for the four shapes of a dead letter. It never fails: what it cannot read is kept as text.

use std::collections::BTreeMap;

use causeway::{
    Delivery,
    delivery::{bus::source_of, dead_letter::DeadLetter},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Content, Letter, Origin};

type Attributes = BTreeMap<String, String>;

impl Letter {
    /// Reads a letter: the body, what is written on it, and when it was put in the queue.
    pub fn read(body: &str, attributes: &Attributes, sent: Option<Timestamp>) -> Self {
        if attributes.contains_key("SCHEDULE_ARN") || attributes.contains_key("IS_PAYLOAD_TRUNCATED") {
            return of_schedule(body, attributes, sent);
        }
        if let Some(rule_arn) = attributes.get("RULE_ARN") {
            let origin = Origin::Rule { rule_arn: rule_arn.clone(), target_arn: written(attributes, "TARGET_ARN") };
            return of_attributes(origin, attributes, sent, message(body));
        }
        if let Ok(record) = serde_json::from_str::<FailureRecord>(body) {
            return of_record(record, sent);
        }
        if let Ok(letter) = serde_json::from_str::<DeadLetter>(body) {
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
            explanation: "the letter does not say why it is here".to_owned(),
            attempts: None,
            origin: Origin::Unknown,
            at: sent,
            content: message(body),
        }
    }
}

fn written(attributes: &Attributes, name: &str) -> String {
    attributes.get(name).cloned().unwrap_or_default()
}

/// What EventBridge and its scheduler write on a letter.
fn of_attributes(origin: Origin, attributes: &Attributes, at: Option<Timestamp>, content: Content) -> Letter {
    let reason = attributes.get("ERROR_CODE").or_else(|| attributes.get("EXHAUSTED_RETRY_CONDITION"));
    let explanation = ["ERROR_MESSAGE", "EXHAUSTED_RETRY_CONDITION"].map(|name| written(attributes, name));
    Letter {
        reason: reason.cloned().unwrap_or_else(|| "UNKNOWN".to_owned()),
        explanation: explanation.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "),
        attempts: attributes.get("RETRY_ATTEMPTS").and_then(|count| count.parse().ok()),
        origin,
        at,
        content,
    }
}

fn of_schedule(body: &str, attributes: &Attributes, sent: Option<Timestamp>) -> Letter {
    let origin = Origin::Timer { schedule_arn: written(attributes, "SCHEDULE_ARN") };
    let due = attributes.get("SCHEDULED_TIME").and_then(|time| time.parse().ok());
    let truncated = attributes.get("IS_PAYLOAD_TRUNCATED").is_some_and(|word| word.eq_ignore_ascii_case("true"));
    let content = if truncated {
        unreadable(body, "the scheduler cut it short")
    } else {
        timer_message(body, due.or(sent)).unwrap_or_else(|| message(body))
    };
    of_attributes(origin, attributes, due.or(sent), content)
}

/// What a schedule says is an envelope, or the call it would have made.
fn timer_message(body: &str, at: Option<Timestamp>) -> Option<Content> {
    if let Ok(call) = serde_json::from_str::<PutCall>(body) {
        let entry = call.entries.into_iter().next()?;
        let id = serde_json::from_str::<Spoken>(&entry.detail).ok()?.event_id;
        let detail = RawValue::from_string(entry.detail).ok()?;
        return Some(Content::Message(delivery(id, entry.source, entry.detail_type, at?, detail)));
    }
    let spoken: Spoken = serde_json::from_str(body).ok()?;
    let detail = RawValue::from_string(body.to_owned()).ok()?;
    let at = spoken.timestamp.or(at)?;
    Some(Content::Message(delivery(spoken.event_id, source_of(&spoken.aggregate_type), spoken.event_type, at, detail)))
}

fn delivery(id: String, source: String, detail_type: String, time: Timestamp, detail: Box<RawValue>) -> Delivery {
    Delivery { id, source, account: None, detail_type, time, detail, replay_name: None }
}

fn of_record(record: FailureRecord, sent: Option<Timestamp>) -> Letter {
    let said = |field: &str| {
        let payload = record.response_payload.as_ref();
        payload.and_then(|payload| payload.get(field)).and_then(Value::as_str).map(str::to_owned)
    };
    let content = match &record.request_payload {
        Some(payload) => message(payload.get()),
        // A stream's record only points at what was lost; the log still has it.
        None => unreadable(&record.batch_info(), "it holds no message; what the log holds is said again by a repair"),
    };
    Letter {
        reason: said("errorType").unwrap_or_else(|| record.request_context.condition.clone()),
        explanation: said("errorMessage").unwrap_or_else(|| record.request_context.condition.clone()),
        attempts: record.request_context.approximate_invoke_count,
        origin: Origin::Function { function_arn: record.request_context.function_arn.clone() },
        at: record.timestamp.or(sent),
        content,
    }
}

fn message(text: &str) -> Content {
    match serde_json::from_str::<Delivery>(text) {
        Ok(delivery) => Content::Message(delivery),
        Err(error) => unreadable(text, &format!("no event of a bus: {error}")),
    }
}

fn unreadable(text: &str, why: &str) -> Content {
    Content::Unreadable { text: text.to_owned(), why: why.to_owned() }
}

/// What Lambda writes when a function failed too often.
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

/// What must be known of an envelope to say it again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spoken {
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
