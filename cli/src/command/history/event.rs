//! One event of a history: its place and time, its body, where it comes from, and what was sent and timed with it.

use causeway::{
    MessageId, StreamId,
    log::commit::{Commit, TimerChange},
    message::envelope::Metadata,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    preview::{preview, whole},
    time_arg,
};

/// The most letters of a body on one line.
const LINE: usize = 100;

/// An event as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'c> {
    stream: &'c StreamId,
    pub(super) version: u64,
    event_id: MessageId,
    #[serde(rename = "type")]
    name: &'c str,
    event_version: u32,
    at: Timestamp,
    command_id: &'c MessageId,
    #[serde(flatten)]
    metadata: &'c Metadata,
    data: &'c RawValue,
    /// What the commit sends follows from its first event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sends: Vec<Sent<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timers: Vec<Timed<'c>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'c> {
    event_id: MessageId,
    #[serde(rename = "type")]
    name: &'c str,
    to: &'c StreamId,
    data: &'c RawValue,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Timed<'c> {
    Set {
        timer: &'c str,
        due: Timestamp,
        #[serde(rename = "type")]
        name: &'c str,
        data: &'c RawValue,
    },
    Cancelled {
        timer: &'c str,
    },
}

impl<'c> Shown<'c> {
    /// The events of a commit.
    pub(super) fn of(commit: &'c Commit) -> impl Iterator<Item = Self> {
        let places = commit.events.iter().zip(0_u16..);
        places.map(|(event, index)| Self {
            stream: &commit.stream,
            version: commit.version + u64::from(index),
            event_id: commit.id.event(index),
            name: &event.name,
            event_version: event.version,
            at: commit.at,
            command_id: &commit.command,
            metadata: &commit.metadata,
            data: &event.data,
            sends: if index == 0 { sent(commit) } else { Vec::new() },
            timers: if index == 0 { timed(commit) } else { Vec::new() },
        })
    }

    /// The event for people.
    pub(super) fn text(&self, full: bool) -> String {
        let Self { version, name, event_version, event_id, metadata, .. } = self;
        let at = time_arg::show(self.at);
        let body = if full { whole(self.data, 4) } else { format!("    {}", preview(self.data, LINE)) };
        let mut lines = vec![
            format!("\nv{version}  {at}  {name} (version {event_version})"),
            body,
            format!("    event {event_id}"),
            format!("    {}", origin(self.command_id, metadata)),
        ];
        lines.extend(self.sends.iter().map(|sent| {
            let Sent { name, to, data, .. } = sent;
            format!("    sends {name} → {to}  {}", preview(data, LINE))
        }));
        lines.extend(self.timers.iter().map(|timed| match timed {
            Timed::Set { timer, due, name, .. } => {
                let (at, later) = (time_arg::show(*due), time_arg::apart(self.at, *due));
                format!("    sets the timer {timer:?}: {name} at {at} ({later})")
            }
            Timed::Cancelled { timer } => format!("    cancels the timer {timer:?}"),
        }));
        lines.join("\n")
    }
}

/// Ids that are the same are said once.
fn origin(command: &MessageId, metadata: &Metadata) -> String {
    let Metadata { correlation_id, causation_id, user_id, hops, .. } = metadata;
    let mut words = match (command == causation_id, causation_id == correlation_id) {
        (true, true) => format!("from {command}, which began it all"),
        (true, false) => format!("from {command} · correlation {correlation_id}"),
        (false, _) => format!("command {command} · from {causation_id} · correlation {correlation_id}"),
    };
    if let Some(user) = user_id {
        words.push_str(&format!(" · user {user}"));
    }
    if *hops > 0 {
        words.push_str(&format!(" · hop {hops}"));
    }
    words
}

fn sent(commit: &Commit) -> Vec<Sent<'_>> {
    let sends = commit.sends.iter().zip(0_u16..);
    let sent = sends.map(|(send, index)| Sent {
        event_id: commit.id.send(index),
        name: &send.message.name,
        to: &send.to,
        data: &send.message.data,
    });
    sent.collect()
}

fn timed(commit: &Commit) -> Vec<Timed<'_>> {
    let timed = commit.timers.iter().map(|change| match change {
        TimerChange::Set { name, due, message } => {
            Timed::Set { timer: name, due: *due, name: &message.name, data: &message.data }
        }
        TimerChange::Cancel { name } => Timed::Cancelled { timer: name },
    });
    timed.collect()
}
