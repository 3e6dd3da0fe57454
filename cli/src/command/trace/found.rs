//! What commits say of cause and effect: facts, messages sent, timers set, each with what it follows from.

use causeway::{
    MessageId, StreamId,
    log::commit::{Commit, TimerChange},
    time::timers::Timer,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::preview::{cut, preview_beside};

/// The most letters that are said of a body.
const SAID: usize = 60;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    /// Its id.
    pub(super) id: String,
    /// The id of what it follows from.
    pub(super) parent: Option<MessageId>,
    /// What it is.
    pub(super) kind: Kind,
    /// The message's name; a cancelled timer has its own.
    #[serde(rename = "type")]
    pub(super) name: String,
    /// Its stream; of a message sent, that of whom it is sent to.
    pub(super) stream: StreamId,
    /// A fact's place there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u64>,
    /// When its commit was made.
    pub(super) at: Timestamp,
    /// When a timer is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<Timestamp>,
    /// What it says, in short.
    pub(super) said: String,
}

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    /// A fact.
    Event,
    /// A message that was sent.
    Send,
    /// A timer that was set.
    Timer,
    /// A timer that was cancelled.
    Cancel,
}

/// All that the commits hold, in the order of time.
pub(super) fn nodes_of(commits: &[Commit]) -> Vec<Node> {
    let mut nodes: Vec<Node> = commits.iter().flat_map(of_commit).collect();
    nodes.sort_by(|one, other| (one.at, &one.stream, one.version).cmp(&(other.at, &other.stream, other.version)));
    nodes
}

fn of_commit(commit: &Commit) -> Vec<Node> {
    let root = commit.id.event(0);
    let events = commit.events.iter().zip(0_u16..).map(|(event, index)| Node {
        id: commit.id.event(index).to_string(),
        parent: Some(commit.metadata.causation_id.clone()),
        kind: Kind::Event,
        name: event.name.clone(),
        stream: commit.stream.clone(),
        version: Some(commit.version + u64::from(index)),
        at: commit.at,
        due: None,
        said: preview_beside(&event.data, commit.stream.id(), SAID),
    });
    let sends = commit.sends.iter().zip(0_u16..).map(|(send, index)| Node {
        id: commit.id.send(index).to_string(),
        parent: Some(root.clone()),
        kind: Kind::Send,
        name: send.message.name.clone(),
        stream: send.to.clone(),
        version: None,
        at: commit.at,
        due: None,
        said: preview_beside(&send.message.data, send.to.id(), SAID),
    });
    let timers = commit.timers.iter().map(|change| {
        let (id, kind, name, due, said) = match change {
            TimerChange::Set { name, due, message } => {
                let id = Timer::of(commit, name, *due, message).envelope.event_id.to_string();
                (
                    id,
                    Kind::Timer,
                    message.name.clone(),
                    Some(*due),
                    preview_beside(&message.data, commit.stream.id(), SAID),
                )
            }
            TimerChange::Cancel { name } => {
                (format!("{root}/cancel/{name}"), Kind::Cancel, name.clone(), None, cut(name, SAID))
            }
        };
        let (parent, stream) = (Some(root.clone()), commit.stream.clone());
        Node { id, parent, kind, name, stream, version: None, at: commit.at, due, said }
    });
    events.chain(sends).chain(timers).collect()
}
