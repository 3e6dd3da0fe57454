//! A commit: what one command did to one stream, and the unit of the log.
//! One commit is one item, however many events it holds, so it is there whole or not at all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::message::{
    contract::{DecodeError, Encoded, Messages},
    envelope::Metadata,
    id::{CommitId, MessageId, StreamId},
};

/// One commit of the log.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The stream.
    pub stream: StreamId,
    /// The place of its first event, counted from 1.
    pub version: u64,
    /// The root of all ids in it.
    pub id: CommitId,
    /// The facts; at least one.
    pub events: Vec<Encoded>,
    /// The messages it sends.
    pub sends: Vec<Send>,
    /// The timers it sets and cancels.
    pub timers: Vec<TimerChange>,
    /// The state after it, when it rides along.
    pub snapshot: Option<EmbeddedSnapshot>,
    /// The version of the newest earlier commit that carries a state; 0 when none does.
    pub snapshot_before: u64,
    /// The command that made it.
    pub command: MessageId,
    /// Where it comes from.
    pub metadata: Metadata,
    /// When it was made.
    pub at: Timestamp,
}

/// A message a commit sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// Whose stream.
    pub to: StreamId,
    /// What is said.
    pub message: Encoded,
}

/// A timer a commit sets or cancels. Its key is the stream and the name.
#[derive(Clone, Debug, PartialEq)]
pub enum TimerChange {
    /// Set it, or move it when it is set already.
    Set {
        /// The timer's name in the stream.
        name: String,
        /// When it is due.
        due: Timestamp,
        /// What is said then.
        message: Encoded,
    },
    /// Cancel it, if it is set.
    Cancel {
        /// The timer's name in the stream.
        name: String,
    },
}

/// A state that rides in a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EmbeddedSnapshot {
    /// The fingerprint of its shape and meaning; one that is not ours is ignored.
    pub shape: String,
    /// The packed state.
    pub state: Box<RawValue>,
    /// The last commands of the stream, so that a repeat is known.
    pub recent: Vec<RecentCommand>,
}

/// A command the stream has obeyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCommand(
    /// A digest of the command's id.
    pub String,
    /// The version of its commit.
    pub u64,
);

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<E> {
    /// The event's id.
    pub id: MessageId,
    /// Its place in the stream.
    pub version: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: E,
}

impl Commit {
    /// The place of its last event.
    pub fn last_version(&self) -> u64 {
        self.version + (self.events.len() as u64).saturating_sub(1)
    }

    /// The metadata of what follows from this commit: its first event is the cause.
    pub fn follow_up(&self) -> Metadata {
        Metadata { causation_id: self.id.event(0), hops: self.metadata.hops + 1, ..self.metadata.clone() }
    }

    /// The events, decoded.
    pub fn decode<E: Messages>(&self) -> Result<Vec<E>, DecodeError> {
        self.events.iter().map(|event| E::decode(&event.name, event.version, &event.data)).collect()
    }

    /// The events with their places, decoded.
    pub fn recorded<E: Messages>(&self) -> Result<Vec<Recorded<E>>, DecodeError> {
        let events = self.decode::<E>()?;
        let places = events.into_iter().zip(0_u16..);
        Ok(places
            .map(|(event, index)| Recorded {
                id: self.id.event(index),
                version: self.version + u64::from(index),
                at: self.at,
                event,
            })
            .collect())
    }
}
