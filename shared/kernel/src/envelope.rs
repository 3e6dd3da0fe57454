//! The envelope: what every message carries besides its body, and how one comes in from the bus.
//! A fact is complete; a command sent by hand may be `{"data":{…}}`, the rest is filled in here.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::id::CommitId;
use crate::id::MessageId;
use crate::id::StreamId;
use crate::message::DecodeError;
use crate::message::Kind;
use crate::message::MAX_MESSAGE_BYTES;
use crate::message::Message;
use crate::strict;

/// The longest chain of causes. A longer one is a loop and ends in the dead letters as `LOOP`.
pub const MAX_HOPS: u32 = 16;

/// A message as it travels: the `detail` of a bus event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The key by which a repeat is known.
    pub event_id: MessageId,
    /// The message's name.
    pub event_type: String,
    /// The schema's version.
    pub event_version: u32,
    /// The stream's context; for a command, the context that shall obey.
    pub aggregate_type: String,
    /// The stream's id.
    pub aggregate_id: String,
    /// The fact's place in its stream; a command has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The body.
    pub data: Box<RawValue>,
    /// Where it comes from.
    pub metadata: Metadata,
}

/// Where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The same for everything that follows from one wish.
    pub correlation_id: MessageId,
    /// The message this one follows from.
    pub causation_id: MessageId,
    /// Who wished it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The trace it belongs to (W3C).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The length of the chain of causes.
    #[serde(default)]
    pub hops: u32,
}

/// Why something is done: what a command takes over from the message that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The id of the command: a repeat has the same.
    pub command: MessageId,
    /// The name of the message that asks.
    pub name: String,
    /// What the facts that follow will carry.
    pub metadata: Metadata,
}

impl Cause {
    /// A new chain, begun by the message of this id and name.
    pub fn new(command: MessageId, name: &str) -> Self {
        let metadata = Metadata {
            correlation_id: command.clone(),
            causation_id: command.clone(),
            user_id: None,
            traceparent: None,
            hops: 0,
        };
        Self { command, name: name.to_owned(), metadata }
    }
}

/// One message as the bus hands it over, still undecoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// The bus's own id. It changes when a publisher tries again; never a key by itself.
    pub id: String,
    /// Who said it.
    pub source: String,
    /// The message's name.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// When it was said.
    pub time: Timestamp,
    /// The envelope.
    pub detail: Box<RawValue>,
    /// Set when an archive says it again.
    #[serde(default, rename = "replay-name", skip_serializing_if = "Option::is_none")]
    pub replay_name: Option<String>,
}

/// A decoded message.
#[derive(Clone, Debug, PartialEq)]
pub struct Received<M> {
    /// The key by which a repeat is known.
    pub id: MessageId,
    /// The stream of a fact; a command sent by hand has none.
    pub stream: Option<StreamId>,
    /// The fact's place in its stream.
    pub version: Option<u64>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The body, in the newest shape.
    pub data: M,
    /// Where it comes from.
    pub metadata: Metadata,
}

impl<M: Message> Received<M> {
    /// The cause of what follows from this message.
    pub fn cause(&self) -> Cause {
        let metadata =
            Metadata { causation_id: self.id.clone(), hops: self.metadata.hops + 1, ..self.metadata.clone() };
        Cause { command: self.id.clone(), name: M::NAME.to_owned(), metadata }
    }
}

/// A message that cannot be accepted. Each names the field and the rule.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The detail is not JSON as it should be.
    #[error(transparent)]
    NotJson(#[from] strict::JsonError),
    /// The detail is no envelope.
    #[error("envelope, field {field}: {reason}")]
    Envelope {
        /// Where.
        field: String,
        /// Which rule it breaks.
        reason: String,
    },
    /// The envelope names another message than the bus does.
    #[error("envelope, field eventType: says {said}, the detail-type says {expected}")]
    WrongName {
        /// The envelope's word.
        said: String,
        /// The handler's word.
        expected: &'static str,
    },
    /// A fact lacks what makes it one.
    #[error("envelope, field {field}: a fact needs it")]
    NotAFact {
        /// The missing field.
        field: &'static str,
    },
    /// The body is too large.
    #[error("envelope, field data: {bytes} bytes; a message may have {MAX_MESSAGE_BYTES}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The chain of causes is too long.
    #[error("LOOP: envelope, field metadata.hops: {hops} is more than {MAX_HOPS}")]
    Loop {
        /// Its length.
        hops: u32,
    },
    /// The body cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl ReceiveError {
    /// The reason as one word, for dead letters and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) | Self::Envelope { .. } | Self::WrongName { .. } | Self::NotAFact { .. } => "MALFORMED",
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
        Self::reject(error)
    }
}

/// The envelope as it may come in.
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

/// Opens a delivery as an `M`: strict JSON, envelope, hops, size, upcast.
pub fn receive<M: Message>(delivery: &Delivery) -> Result<Received<M>, ReceiveError> {
    if delivery.detail_type != M::NAME {
        return Err(DecodeError::Unknown { name: delivery.detail_type.chars().take(128).collect() }.into());
    }
    let detail = delivery.detail.get();
    if detail.len() > 2 * MAX_MESSAGE_BYTES {
        return Err(ReceiveError::TooLarge { bytes: detail.len() });
    }
    strict::check(detail)?;
    let mut reader = serde_json::Deserializer::from_str(detail);
    let incoming: Incoming = serde_path_to_error::deserialize(&mut reader).map_err(|error| ReceiveError::Envelope {
        field: error.path().to_string(),
        reason: error.inner().to_string(),
    })?;
    if incoming.data.get().len() > MAX_MESSAGE_BYTES {
        return Err(ReceiveError::TooLarge { bytes: incoming.data.get().len() });
    }
    if let Some(said) = incoming.event_type.filter(|said| said != M::NAME) {
        return Err(ReceiveError::WrongName { said: said.chars().take(128).collect(), expected: M::NAME });
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
            return Err(ReceiveError::NotAFact { field });
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

impl Envelope {
    /// The envelope of a fact: the event at `index` of the commit `commit` that begins at `first`.
    pub fn of_event(commit: &crate::commit::Commit, index: usize) -> Option<Self> {
        let event = commit.events.get(index)?;
        Some(Self {
            event_id: commit.id.event(u16::try_from(index).ok()?),
            event_type: event.name.clone(),
            event_version: event.version,
            aggregate_type: commit.stream.context().to_owned(),
            aggregate_id: commit.stream.id().to_owned(),
            version: Some(commit.version + index as u64),
            timestamp: commit.at,
            data: event.data.clone(),
            metadata: commit.metadata.clone(),
        })
    }

    /// The envelope of a message that a commit sends; its cause is the commit's first event.
    pub fn of_send(commit: &crate::commit::Commit, index: usize) -> Option<Self> {
        let send = commit.sends.get(index)?;
        Some(Self {
            event_id: CommitId::send(commit.id, u16::try_from(index).ok()?),
            event_type: send.message.name.clone(),
            event_version: send.message.version,
            aggregate_type: send.to.context().to_owned(),
            aggregate_id: send.to.id().to_owned(),
            version: None,
            timestamp: commit.at,
            data: send.message.data.clone(),
            metadata: commit.follow_up(),
        })
    }
}
