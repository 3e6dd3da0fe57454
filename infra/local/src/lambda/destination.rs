//! The messages that report the end of an asynchronous invocation: the invocation record for an on-success or
//! on-failure destination, and the dead letter for a function's dead-letter queue.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::interfaces::NewMessage;

use super::{executor::FunctionError, pending_event::PendingEvent};

/// Why an asynchronous invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All retries failed.
    RetriesExhausted,
    /// The event reached its maximum age.
    EventAgeExceeded,
    /// The function has a reserved concurrency of zero.
    ZeroReservedConcurrency,
    /// The function succeeded.
    Success,
}

impl Condition {
    /// The condition in the invocation record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
            Self::Success => "Success",
        }
    }
}

/// The invocation record for an on-failure destination.
pub(super) fn on_failure(event: &PendingEvent, condition: Condition, now: Timestamp) -> NewMessage {
    // There is no response if the function was never invoked.
    let response = event.failure.clone().map(|failure| {
        let context = json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" });
        (context, FunctionError::from(failure).payload())
    });
    record(event, condition, response, now)
}

/// The invocation record for an on-success destination.
pub(super) fn on_success(event: &PendingEvent, result: &str, now: Timestamp) -> NewMessage {
    let context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
    let payload = serde_json::from_str(result).unwrap_or_else(|_| Value::from(result));
    record(event, Condition::Success, Some((context, payload)), now)
}

fn record(event: &PendingEvent, condition: Condition, response: Option<(Value, Value)>, now: Timestamp) -> NewMessage {
    let mut record = json!({
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": format!("{}:$LATEST", event.function),
            "condition": condition.as_str(),
            "approximateInvokeCount": event.attempts,
        },
        // The event was validated when it was accepted.
        "requestPayload": serde_json::from_str::<Value>(&event.event).unwrap_or_default(),
    });
    if let (Some((context, payload)), Some(record)) = (response, record.as_object_mut()) {
        record.insert("responseContext".to_owned(), context);
        record.insert("responsePayload".to_owned(), payload);
    }
    NewMessage { body: record.to_string(), attributes: BTreeMap::new(), ..NewMessage::default() }
}

/// The message for a function's dead-letter queue.
pub(super) fn dead_letter(event: &PendingEvent) -> NewMessage {
    let (code, message) = match event.failure.clone().map(FunctionError::from) {
        Some(failure) => ("200", failure.message),
        None => ("429", "Rate Exceeded.".to_owned()),
    };
    // Lambda truncates the error message of a dead letter.
    let message: String = message.chars().take(1_024).collect();
    let attributes =
        [("RequestID", event.request_id.clone()), ("ErrorCode", code.to_owned()), ("ErrorMessage", message)];
    // An SQS message attribute must not be empty.
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).collect();
    NewMessage { body: event.event.clone(), attributes, ..NewMessage::default() }
}
