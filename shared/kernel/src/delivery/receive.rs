//! [`receive`]: decodes a delivery strictly; the error names the field and the rule.
//! An event's envelope must be complete; a command sent by hand may be `{"data":{…}}`, with defaults for the rest.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    failure::Failure,
    message::{
        DecodeError, Delivery, Kind, MAX_HOPS, MAX_MESSAGE_BYTES, Message, MessageId, Metadata, Received, StreamId,
        json,
    },
};

/// A delivery that cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The detail is not strict JSON.
    #[error(transparent)]
    NotJson(#[from] json::JsonError),
    /// The detail is not an envelope.
    #[error("envelope, field {field}: {reason}")]
    Envelope {
        /// The path of the field.
        field: String,
        /// What is wrong there.
        reason: String,
    },
    /// The envelope and the detail-type name different messages.
    #[error("envelope, field eventType: {found} differs from the detail-type {expected}")]
    WrongName {
        /// The envelope's name.
        found: String,
        /// The detail-type.
        expected: &'static str,
    },
    /// A field that an event needs is missing.
    #[error("envelope, field {field}: an event needs it")]
    NotAnEvent {
        /// The missing field.
        field: &'static str,
    },
    /// The body is too large.
    #[error("envelope, field data: {bytes} bytes, at most {MAX_MESSAGE_BYTES} are allowed")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The chain of causes is too long.
    #[error("LOOP: envelope, field metadata.hops: {hops} is more than {MAX_HOPS}")]
    Loop {
        /// The hop count.
        hops: u32,
    },
    /// The body cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl ReceiveError {
    /// The reason code, for dead letters and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) | Self::Envelope { .. } | Self::WrongName { .. } | Self::NotAnEvent { .. } => "MALFORMED",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Loop { .. } => "LOOP",
            Self::Decode(DecodeError::Malformed { .. }) => "MALFORMED",
            Self::Decode(DecodeError::Unknown { .. }) => "UNKNOWN_MESSAGE",
            Self::Decode(DecodeError::Newer { .. } | DecodeError::NoSuchVersion { .. }) => "UNKNOWN_VERSION",
        }
    }
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Self {
        Self::permanent(error)
    }
}

/// The envelope with all fields optional that a command may leave out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Incoming {
    event_id: Option<MessageId>,
    event_type: Option<String>,
    event_version: Option<u32>,
    aggregate_type: Option<MessageId>,
    aggregate_id: Option<MessageId>,
    version: Option<u64>,
    timestamp: Option<Timestamp>,
    data: Box<RawValue>,
    #[serde(default)]
    metadata: IncomingMetadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct IncomingMetadata {
    correlation_id: Option<MessageId>,
    causation_id: Option<MessageId>,
    user_id: Option<String>,
    traceparent: Option<String>,
    hops: u32,
}

/// Decodes a delivery as an `M`: checks JSON, size, envelope and hop count, and upcasts the body.
pub fn receive<M: Message>(delivery: &Delivery) -> Result<Received<M>, ReceiveError> {
    if delivery.detail_type != M::NAME {
        return Err(DecodeError::Unknown { name: delivery.detail_type.chars().take(128).collect() }.into());
    }
    let detail = delivery.detail.get();
    if detail.len() > 2 * MAX_MESSAGE_BYTES {
        return Err(ReceiveError::TooLarge { bytes: detail.len() });
    }
    json::check(detail)?;
    if !detail.trim_ascii_start().starts_with('{') {
        return Err(ReceiveError::Envelope { field: ".".to_owned(), reason: "must be an object".to_owned() });
    }
    let mut reader = serde_json::Deserializer::from_str(detail);
    let incoming: Incoming = serde_path_to_error::deserialize(&mut reader).map_err(|error| ReceiveError::Envelope {
        field: error.path().to_string(),
        reason: error.inner().to_string(),
    })?;
    if incoming.data.get().len() > MAX_MESSAGE_BYTES {
        return Err(ReceiveError::TooLarge { bytes: incoming.data.get().len() });
    }
    if let Some(found) = incoming.event_type.filter(|found| found != M::NAME) {
        return Err(ReceiveError::WrongName { found: found.chars().take(128).collect(), expected: M::NAME });
    }
    if incoming.metadata.hops > MAX_HOPS {
        return Err(ReceiveError::Loop { hops: incoming.metadata.hops });
    }
    let stream = match (&incoming.aggregate_type, &incoming.aggregate_id) {
        (Some(context), Some(id)) => StreamId::parse(&format!("{context}/{id}")).ok(),
        _ => None,
    };
    if M::KIND == Kind::Event {
        let missing = [
            ("eventId", incoming.event_id.is_none()),
            ("aggregateType", incoming.aggregate_type.is_none()),
            ("aggregateId", incoming.aggregate_id.is_none()),
            ("eventVersion", incoming.event_version.is_none()),
        ];
        if let Some((field, _)) = missing.into_iter().find(|(_, missing)| *missing) {
            return Err(ReceiveError::NotAnEvent { field });
        }
    }
    let data = M::decode(incoming.event_version.unwrap_or(M::VERSION), &incoming.data)?;
    let id = match incoming.event_id {
        Some(id) => id,
        None => MessageId::new(delivery.id.as_str())
            .map_err(|error| ReceiveError::Envelope { field: "eventId".to_owned(), reason: error.to_string() })?,
    };
    let metadata = Metadata {
        correlation_id: incoming.metadata.correlation_id.unwrap_or_else(|| id.clone()),
        causation_id: incoming.metadata.causation_id.unwrap_or_else(|| id.clone()),
        user_id: incoming.metadata.user_id,
        traceparent: incoming.metadata.traceparent,
        hops: incoming.metadata.hops,
    };
    let timestamp = incoming.timestamp.unwrap_or(delivery.time);
    Ok(Received { id, stream, version: incoming.version, timestamp, data, metadata })
}
