//! [`Envelope`]: what a message carries besides its body. [`Delivery`] is a bus event that holds one, [`Received`] a decoded
//! message, [`Metadata`] its correlation and causation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::message::{
    contract::Message,
    id::{MessageId, StreamId},
};

/// The longest chain of causes. A longer one is taken for a loop and dead-lettered as `LOOP`.
pub const MAX_HOPS: u32 = 16;

/// A message on the bus: the `detail` of a bus event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The message's id; a repeat has the same.
    pub event_id: MessageId,
    /// The message's name.
    pub event_type: String,
    /// The schema's version.
    pub event_version: u32,
    /// The stream's context; for a command, the context that handles it.
    pub aggregate_type: String,
    /// The stream's id.
    pub aggregate_id: String,
    /// The event's version in its stream, counted from 1; a command has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// When the event was appended, or the command sent.
    pub timestamp: Timestamp,
    /// The body.
    pub data: Box<RawValue>,
    /// Correlation, causation and trace.
    pub metadata: Metadata,
}

/// Correlation, causation and trace of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The first message of the chain; the same for everything that follows from it.
    pub correlation_id: MessageId,
    /// The message that caused this one.
    pub causation_id: MessageId,
    /// The user who sent the first message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The trace context (W3C `traceparent`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// How many messages of the chain come before this one.
    #[serde(default)]
    pub hops: u32,
}

/// The cause of a command: what its events take over from the message that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The command's id; a repeat has the same.
    pub command: MessageId,
    /// The name of the causing message.
    pub name: String,
    /// The metadata of the events that follow.
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

/// A bus event as it is delivered, not decoded yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// The bus's own id. It changes when the publisher retries, so it is no idempotency key.
    pub id: String,
    /// Who published it: `causeway.<context>`, or another source.
    pub source: String,
    /// The account that published it; the bus sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The message's name.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// When it was published.
    pub time: Timestamp,
    /// The envelope.
    pub detail: Box<RawValue>,
    /// The replay that delivers it again from an archive.
    #[serde(default, rename = "replay-name", skip_serializing_if = "Option::is_none")]
    pub replay_name: Option<String>,
}

/// A decoded message.
#[derive(Clone, Debug, PartialEq)]
pub struct Received<M> {
    /// The message's id; a repeat has the same.
    pub id: MessageId,
    /// The stream; a command sent by hand has none.
    pub stream: Option<StreamId>,
    /// The event's version in its stream.
    pub version: Option<u64>,
    /// When the event was appended, or the command sent.
    pub timestamp: Timestamp,
    /// The body, upcast to the newest version.
    pub data: M,
    /// Correlation, causation and trace.
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
