//! What is told of an event that a function did or failed on: the record of a destination with all that is known, or
//! the message of a function's dead-letter queue with the event only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::interfaces::NewMessage;

use super::{FunctionError, pending::Pending};

/// Why no further try is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was tried as often as the function wants.
    RetriesExhausted,
    /// It is older than the function wants.
    EventAgeExceeded,
    /// The function may not run at all.
    ZeroReservedConcurrency,
    /// It is done.
    Success,
}

impl Condition {
    /// The cloud's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
            Self::Success => "Success",
        }
    }
}

/// The record for an on-failure destination.
pub(super) fn on_failure(pending: &Pending, condition: Condition, now: Timestamp) -> NewMessage {
    // An event that was never tried has no answer.
    let answer = pending.failure.clone().map(|failure| {
        let context = json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" });
        (context, FunctionError::from(failure).payload())
    });
    record(pending, condition, answer, now)
}

/// The record for an on-success destination.
pub(super) fn on_success(pending: &Pending, answer: &str, now: Timestamp) -> NewMessage {
    let context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
    let payload = serde_json::from_str(answer).unwrap_or_else(|_| Value::from(answer));
    record(pending, Condition::Success, Some((context, payload)), now)
}

fn record(pending: &Pending, condition: Condition, answer: Option<(Value, Value)>, now: Timestamp) -> NewMessage {
    let mut record = json!({
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "requestContext": {
            "requestId": pending.request_id,
            "functionArn": format!("{}:$LATEST", pending.function),
            "condition": condition.word(),
            "approximateInvokeCount": pending.tries,
        },
        // The event was checked when it was handed over.
        "requestPayload": serde_json::from_str::<Value>(&pending.event).unwrap_or_default(),
    });
    if let (Some((context, payload)), Some(record)) = (answer, record.as_object_mut()) {
        record.insert("responseContext".to_owned(), context);
        record.insert("responsePayload".to_owned(), payload);
    }
    NewMessage { body: record.to_string(), attributes: BTreeMap::new(), ..NewMessage::default() }
}

/// The message for a function's dead-letter queue.
pub(super) fn dead_letter(pending: &Pending) -> NewMessage {
    let (code, message) = match pending.failure.clone().map(FunctionError::from) {
        Some(failure) => ("200", failure.message),
        None => ("429", "Rate Exceeded.".to_owned()),
    };
    // The queue takes no more of an error than this.
    let message: String = message.chars().take(1_024).collect();
    let attributes =
        [("RequestID", pending.request_id.clone()), ("ErrorCode", code.to_owned()), ("ErrorMessage", message)];
    // An empty attribute is no attribute.
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).collect();
    NewMessage { body: pending.event.clone(), attributes, ..NewMessage::default() }
}
