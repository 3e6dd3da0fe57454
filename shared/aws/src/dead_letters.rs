//! Dead letters in one form: the three formats that AWS writes and our own are read as a [`DeadLetter`], and a dead letter
//! becomes the entry that publishes its message again. [`dlq_client`] lists, redrives and purges the letters of a queue.

pub mod dlq_client;

use std::collections::BTreeMap;

use causeway::{
    Delivery,
    delivery::{bus::source_of, dead_letter::DeadLetter as OwnDeadLetter, verify::FORGED},
    message::json,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::eventbridge::BusEntry;

type Attributes = BTreeMap<String, String>;

/// A message that could not be delivered or handled, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The reason as one word, such as `NO_PERMISSIONS`, `Retry.Conflict` or `MALFORMED`.
    pub reason: String,
    /// The reason in full.
    pub explanation: String,
    /// The number of attempts, if the writer counted them.
    pub attempts: Option<u32>,
    /// Which part of the system gave up.
    pub origin: Origin,
    /// When it was dead-lettered.
    pub at: Option<Timestamp>,
    /// The message.
    pub content: Content,
}

/// The part of the system that dead-lettered a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// A rule that could not deliver it to its target.
    Rule {
        /// The ARN of the rule.
        rule_arn: String,
        /// The ARN of the target.
        target_arn: String,
    },
    /// Lambda, after all retries of the function failed.
    Function {
        /// The ARN of the function.
        function_arn: String,
    },
    /// A schedule that could not publish its message.
    Timer {
        /// The ARN of the schedule.
        schedule_arn: String,
    },
    /// One of our own functions, because the message can never be handled.
    Kept {
        /// The name of the function, or `relay`.
        consumer: String,
    },
    /// The message does not name it.
    Unknown,
}

/// The content of a dead letter.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// A message that can be published again.
    Message(Delivery),
    /// Text that cannot be published again.
    Unreadable {
        /// The text.
        text: String,
        /// Why it cannot be published.
        why: String,
    },
}

/// Why a dead letter cannot be redriven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotRedrivable {
    /// The reason as a sentence.
    pub why: String,
}

impl DeadLetter {
    /// Reads a dead letter from the message body, its attributes, and the time it was sent to the queue. This never fails:
    /// a body that cannot be read is kept as text.
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
            explanation: "the message holds no reason for being dead-lettered".to_owned(),
            attempts: None,
            origin: Origin::Unknown,
            at: sent,
            content: message(body),
        }
    }

    /// The entry that publishes the message again, with a corrected detail if one is given.
    pub fn entry(&self, corrected: Option<&RawValue>) -> Result<BusEntry, NotRedrivable> {
        let refuse = |why: String| Err(NotRedrivable { why });
        let delivery = match &self.content {
            Content::Message(delivery) => delivery,
            Content::Unreadable { why, .. } => return refuse(why.clone()),
        };
        if self.reason == FORGED {
            // It failed verification. Published by us, it would pass.
            return refuse("it was forged: the log does not hold this event".to_owned());
        }
        if let Some(replay) = &delivery.replay_name {
            // Published as a new message, it would repeat effects outside the system.
            return refuse(format!("it comes from the replay {replay}: replay again instead"));
        }
        if delivery.source.starts_with("aws.") {
            return refuse(format!(
                "only AWS can publish with the source {}; wait for its next event",
                delivery.source
            ));
        }
        let detail = with_id(corrected.unwrap_or(&delivery.detail), delivery)?;
        let ids = serde_json::from_str::<MessageIds>(&detail).unwrap_or_default();
        let resource = ids.aggregate_type.zip(ids.aggregate_id).map(|(context, id)| format!("{context}/{id}"));
        Ok(BusEntry {
            source: delivery.source.clone(),
            detail_type: delivery.detail_type.clone(),
            resources: resource.into_iter().collect(),
            time: delivery.time,
            detail,
        })
    }

    /// The name of the bus that the message came from, if the letter names it.
    pub fn bus_name(&self) -> Option<&str> {
        let Origin::Rule { rule_arn, .. } = &self.origin else { return None };
        let (_, rule) = rule_arn.split_once(":rule/")?;
        // The ARN of a rule on the default bus holds no bus name.
        Some(rule.split_once('/').map_or("default", |(bus, _)| bus))
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
    let source = source_of(&envelope.aggregate_type);
    Some(Content::Message(delivery(envelope.event_id, source, envelope.event_type, at, detail)))
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
            let batch = record.stream_batch.as_ref().map(|batch| batch.get()).unwrap_or_default();
            unreadable(batch, "it holds no message; a repair publishes the commits from the log again")
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

/// The detail with a message id. A command without one has the EventBridge event id, which a new entry would lose.
fn with_id(detail: &RawValue, delivery: &Delivery) -> Result<String, NotRedrivable> {
    let malformed = |reason: String| NotRedrivable { why: format!("its detail needs correction: {reason}") };
    json::check(detail.get()).map_err(|error| malformed(error.reason))?;
    let mut fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(detail.get()).map_err(|error| malformed(error.to_string()))?;
    if fields.get("eventId").is_some_and(|id| id.get() != "null") {
        return Ok(detail.get().to_owned());
    }
    let id = serde_json::from_str::<MessageIds>(delivery.detail.get()).unwrap_or_default().event_id;
    let id = to_raw_value(&id.unwrap_or_else(|| delivery.id.clone())).map_err(|error| malformed(error.to_string()))?;
    fields.insert("eventId".to_owned(), &id);
    serde_json::to_string(&fields).map_err(|error| malformed(error.to_string()))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MessageIds {
    event_id: Option<String>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
}

#[cfg(test)]
mod tests;
