//! Publishes the technical events: rejected commands, dead letters, cold starts. A failed publish of a dead letter or a
//! start is not repeated, because the dead letter itself is kept and the start is in the log lines of the platform.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    delivery::{
        bus::{Entry, PublishOutcome, source_of},
        dead_letter::DeadLetter,
    },
    failure::Failure,
    message::{
        Cause, CommandRejected, EncodeError, Encoded, Envelope, ErrorOccurred, Message, MessageId, Metadata,
        ServiceStarted,
    },
    ports::Ports,
};

/// The maximum length of an explanation in characters, so that the event is one chunk of the bus.
const MAX_EXPLANATION: usize = 1_000;

/// The maximum length of a message's name in characters.
const MAX_NAME: usize = 128;

/// Publishes that a command was rejected. It is the answer to the command, so a failed publish is a failure.
pub async fn publish_rejection(ports: &Ports, rejected: &CommandRejected, cause: &Cause) -> Result<(), Failure> {
    let id = cause.command.derived(&format!("rejected/{}", rejected.stream));
    let metadata = cause.metadata.clone();
    let entry = entry(rejected, id, &cause.command, ports.clock.now(), metadata).map_err(Failure::permanent)?;
    match ports.bus.publish(&[entry]).await.into_iter().next() {
        Some(PublishOutcome::Accepted) => Ok(()),
        Some(PublishOutcome::Permanent { code, reason }) => Err(Failure::permanent(format!("{code}: {reason}"))),
        Some(PublishOutcome::Transient(error)) => Err(Failure::Transient(error)),
        None => Err(Failure::transient("the bus returned no outcome")),
    }
}

/// Publishes that a message is dead-lettered. A dead letter of a technical event is not reported, so that no report
/// leads to another one.
pub async fn report_dead_letter(ports: &Ports, dead_letter: &DeadLetter) {
    // Anything may be wrong with the message, so each part is read for itself.
    let message: Value = serde_json::from_str(dead_letter.message.get()).unwrap_or_default();
    let text = |pointer| message.pointer(pointer).and_then(Value::as_str);
    let id = |pointer| text(pointer).and_then(|id| MessageId::new(id).ok());
    if text("/source") == Some(source_of(ErrorOccurred::CONTEXT).as_str()) {
        return;
    }
    let message_id =
        id("/detail/eventId").or_else(|| id("/id")).unwrap_or_else(|| ports.ids.uuid(dead_letter.at).into());
    let hops = message.pointer("/detail/metadata/hops").and_then(Value::as_u64);
    let metadata = Metadata {
        correlation_id: id("/detail/metadata/correlationId").unwrap_or_else(|| message_id.clone()),
        causation_id: message_id.clone(),
        user_id: None,
        traceparent: None,
        hops: hops.and_then(|hops| u32::try_from(hops).ok()).unwrap_or_default().saturating_add(1),
    };
    let occurred = ErrorOccurred {
        consumer: dead_letter.consumer.clone(),
        message: text("/detail-type").unwrap_or_default().chars().take(MAX_NAME).collect(),
        message_id: message_id.clone(),
        reason: dead_letter.reason.clone(),
        explanation: dead_letter.explanation.chars().take(MAX_EXPLANATION).collect(),
    };
    let id = message_id.derived(&format!("error/{}", dead_letter.consumer));
    report(ports, entry(&occurred, id, &message_id, dead_letter.at, metadata)).await;
}

/// Publishes that a function started in a new execution environment.
pub async fn report_start(ports: &Ports, function: &str) {
    let now = ports.clock.now();
    let id: MessageId = ports.ids.uuid(now).into();
    let metadata =
        Metadata { correlation_id: id.clone(), causation_id: id.clone(), user_id: None, traceparent: None, hops: 0 };
    let started = ServiceStarted { function: function.to_owned() };
    report(ports, entry(&started, id.clone(), &id, now, metadata)).await;
}

async fn report(ports: &Ports, entry: Result<Entry, EncodeError>) {
    if let Ok(entry) = entry {
        // The outcome changes nothing, as said above.
        drop(ports.bus.publish(&[entry]).await);
    }
}

/// The entry of a technical event about a message.
fn entry<M: Message>(
    event: &M,
    id: MessageId,
    about: &MessageId,
    timestamp: Timestamp,
    metadata: Metadata,
) -> Result<Entry, EncodeError> {
    let envelope = Envelope {
        event_id: id,
        event_type: M::NAME.to_owned(),
        event_version: M::VERSION,
        aggregate_type: M::CONTEXT.to_owned(),
        aggregate_id: about.to_string(),
        version: None,
        timestamp,
        data: Encoded::of(event)?.data,
        metadata,
    };
    Ok(Entry::from_context(M::CONTEXT, envelope))
}
