//! [`Commit`]: what one command appended to one stream. It is one item of the log, however many events it holds, so it is
//! written completely or not at all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::message::{CommitId, DecodeError, Encoded, Envelope, MessageId, Messages, Metadata, StreamId};

/// The most events that one commit may hold.
pub const MAX_EVENTS: usize = 100;

/// One commit of the log.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The stream.
    pub stream: StreamId,
    /// The version of its first event, counted from 1.
    pub version: u64,
    /// The id, from which the ids of its messages follow.
    pub id: CommitId,
    /// The events; at least one.
    pub events: Vec<Encoded>,
    /// The messages it sends.
    pub sends: Vec<Send>,
    /// The timers it sets and cancels.
    pub timers: Vec<TimerChange>,
    /// The state after it, if it is embedded.
    pub snapshot: Option<EmbeddedSnapshot>,
    /// The version of the newest earlier commit with an embedded snapshot; 0 if there is none.
    pub snapshot_before: u64,
    /// The id of the command.
    pub command: MessageId,
    /// Correlation, causation and trace of its events.
    pub metadata: Metadata,
    /// When it was appended.
    pub at: Timestamp,
}

/// A message that a commit sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// The stream that it is sent to.
    pub to: StreamId,
    /// The message.
    pub message: Encoded,
}

/// A timer that a commit sets or cancels. Its key is the stream and the name.
#[derive(Clone, Debug, PartialEq)]
pub enum TimerChange {
    /// Set it, or move it when it is set already.
    Set {
        /// The timer's name in the stream.
        name: String,
        /// When it is due.
        due: Timestamp,
        /// The message that it publishes then.
        message: Encoded,
    },
    /// Cancel it, if it is set.
    Cancel {
        /// The timer's name in the stream.
        name: String,
    },
}

/// A state that is stored in a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmbeddedSnapshot {
    /// The fingerprint of the state's type; a snapshot with another fingerprint is ignored.
    pub shape: String,
    /// The state as JSON.
    pub state: Box<RawValue>,
    /// The last commands of the stream, by which a repeat is recognised.
    pub recent: Vec<RecentCommand>,
}

/// A command that the stream has handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCommand(
    /// A digest of the command's id.
    pub String,
    /// The version of its commit.
    pub u64,
);

/// A decoded event with its position in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<E> {
    /// The event's id.
    pub id: MessageId,
    /// Its version in the stream.
    pub version: u64,
    /// When it was appended.
    pub at: Timestamp,
    /// The event.
    pub event: E,
}

impl Commit {
    /// The version of its last event.
    pub fn last_version(&self) -> u64 {
        self.version + (self.events.len() as u64).saturating_sub(1)
    }

    /// The metadata of messages that follow from this commit: its first event is the cause.
    pub fn follow_up(&self) -> Metadata {
        Metadata { causation_id: self.id.event(0), hops: self.metadata.hops + 1, ..self.metadata.clone() }
    }

    /// The envelope of the event at this index.
    pub fn event_envelope(&self, index: usize) -> Option<Envelope> {
        let event = self.events.get(index)?;
        Some(Envelope {
            event_id: self.id.event(u16::try_from(index).ok()?),
            event_type: event.name.clone(),
            event_version: event.version,
            aggregate_type: self.stream.context().to_owned(),
            aggregate_id: self.stream.id().to_owned(),
            version: Some(self.version + index as u64),
            timestamp: self.at,
            data: event.data.clone(),
            metadata: self.metadata.clone(),
        })
    }

    /// The envelope of the message that the commit sends at this index; its cause is the commit's first event.
    pub fn send_envelope(&self, index: usize) -> Option<Envelope> {
        let send = self.sends.get(index)?;
        let id = self.id.send(u16::try_from(index).ok()?);
        Some(self.follow_up_envelope(id, &send.to, self.at, &send.message))
    }

    /// The envelope of a message to `to` that this commit causes.
    pub fn follow_up_envelope(&self, id: MessageId, to: &StreamId, at: Timestamp, message: &Encoded) -> Envelope {
        Envelope {
            event_id: id,
            event_type: message.name.clone(),
            event_version: message.version,
            aggregate_type: to.context().to_owned(),
            aggregate_id: to.id().to_owned(),
            version: None,
            timestamp: at,
            data: message.data.clone(),
            metadata: self.follow_up(),
        }
    }

    /// The events, decoded.
    pub fn decode<E: Messages>(&self) -> Result<Vec<E>, DecodeError> {
        self.events.iter().map(|event| E::decode(&event.name, event.version, &event.data)).collect()
    }

    /// The events with their versions, decoded.
    pub fn recorded<E: Messages>(&self) -> Result<Vec<Recorded<E>>, DecodeError> {
        let events = self.decode::<E>()?;
        Ok(events
            .into_iter()
            .zip(0_u16..)
            .map(|(event, index)| Recorded {
                id: self.id.event(index),
                version: self.version + u64::from(index),
                at: self.at,
                event,
            })
            .collect())
    }
}
