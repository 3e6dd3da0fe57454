//! The envelope: what every message carries besides its body.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    log::commit::Commit,
    message::{
        contract::Message,
        id::{MessageId, StreamId},
    },
};

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
    /// The account in which it was said; the bus writes it down, whoever speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
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

impl Envelope {
    /// The envelope of a fact: the event at this index of the commit.
    pub fn of_event(commit: &Commit, index: usize) -> Option<Self> {
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

    /// The envelope of the message that the commit sends at this index; its cause is the commit's first event.
    pub fn of_send(commit: &Commit, index: usize) -> Option<Self> {
        let send = commit.sends.get(index)?;
        Some(Self {
            event_id: commit.id.send(u16::try_from(index).ok()?),
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
