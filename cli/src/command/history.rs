//! `causeway history`: the events of a stream, read page by page.

use causeway::{
    MessageId, StreamId,
    log::commit::{Commit, TimerChange},
    message::envelope::Metadata,
};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    output::Output,
    preview::{preview, whole},
    time_arg,
};

/// The number of commits per page.
const PAGE_SIZE: u64 = 100;

/// The options of `history`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway history order/o-1001\n  causeway history inventory/mug --from 200 --limit 20\n  \
                        causeway history order/o-1001 --full\n  \
                        causeway history fulfilment/o-1001 --json | jq -r '.type'"
)]
pub struct History {
    /// The stream: `<context>/<id>`.
    #[arg(value_parser = read_stream)]
    pub stream: StreamId,
    /// The first version to print.
    #[arg(long, value_name = "VERSION", default_value_t = 1)]
    pub from: u64,
    /// The maximum number of events to print.
    #[arg(long, value_name = "EVENTS")]
    pub limit: Option<u64>,
    /// Prints the bodies in full.
    #[arg(long)]
    pub full: bool,
}

/// Parses a stream id.
pub fn read_stream(text: &str) -> Result<StreamId, String> {
    StreamId::parse(text).map_err(|error| format!("{error}, such as order/o-1001"))
}

/// Prints the events.
pub async fn run(
    args: &History,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    show(args, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

async fn show(
    args: &History,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let log = connection.log();
    let stream = &args.stream;
    // The version may be in the middle of a commit, whose key is its first version.
    let first = log.newest_until(stream, args.from).await?;
    let from = first.map_or(args.from, |commit| commit.version);
    let limit = args.limit.unwrap_or(u64::MAX);
    let mut pages = log.stream(stream, from, i32::try_from(limit.min(PAGE_SIZE))?);
    let mut printed = 0;
    while let Some(page) = pages.next().await? {
        for commit in &page.commits {
            for event in EventEntry::of(commit).filter(|event| event.version >= args.from) {
                if printed == limit {
                    let next = event.version;
                    output.say(format_args!("… continue with --from {next}"))?;
                    return Ok(CommandStatus::Done);
                }
                if printed == 0 {
                    output.say(stream)?;
                }
                output.show(event.text(args.full), &event)?;
                printed += 1;
            }
        }
    }
    if printed > 0 {
        return Ok(CommandStatus::Done);
    }
    let from = args.from;
    match log.newest_until(stream, u64::MAX).await? {
        Some(newest) => {
            let last = newest.last_version();
            output.say(format_args!("{stream} ends at version {last}; there is no version {from}"))?;
        }
        None => say_unknown(stream, application, connection, output).await?,
    }
    Ok(CommandStatus::NotFound)
}

/// Prints that the stream has no events, and which other streams have the same id.
pub async fn say_unknown(
    stream: &StreamId,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<()> {
    let (log, table, contexts) = (connection.log(), connection.events_table(), application.contexts());
    output.say(format_args!("{stream} has no events in {table}"))?;
    if !contexts.contains(&stream.context()) {
        output.say(format_args!("contexts with streams are {}", contexts.join(", ")))?;
    }
    for context in contexts {
        let near = StreamId::parse(&format!("{context}/{}", stream.id()))?;
        if near != *stream && log.newest_until(&near, u64::MAX).await?.is_some() {
            output.say(format_args!("there is {near}"))?;
        }
    }
    Ok(())
}

/// The maximum length of a body on one line.
const MAX_LINE: usize = 100;

/// An event with its metadata, and what was sent and timed in its commit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventEntry<'c> {
    stream: &'c StreamId,
    version: u64,
    event_id: MessageId,
    #[serde(rename = "type")]
    name: &'c str,
    event_version: u32,
    at: Timestamp,
    command_id: &'c MessageId,
    #[serde(flatten)]
    metadata: &'c Metadata,
    data: &'c RawValue,
    /// With the first event of the commit only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sends: Vec<SentMessage<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timers: Vec<TimerEntry<'c>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SentMessage<'c> {
    event_id: MessageId,
    #[serde(rename = "type")]
    name: &'c str,
    to: &'c StreamId,
    data: &'c RawValue,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum TimerEntry<'c> {
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

impl<'c> EventEntry<'c> {
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

    pub(super) fn text(&self, full: bool) -> String {
        let Self { version, name, event_version, event_id, metadata, .. } = self;
        let at = time_arg::show(self.at);
        let body = if full { whole(self.data, 4) } else { format!("    {}", preview(self.data, MAX_LINE)) };
        let mut lines = vec![
            format!("\nv{version}  {at}  {name} (version {event_version})"),
            body,
            format!("    event {event_id}"),
            format!("    {}", origin(self.command_id, metadata)),
        ];
        lines.extend(self.sends.iter().map(|sent| {
            let SentMessage { name, to, data, .. } = sent;
            format!("    sends {name} → {to}  {}", preview(data, MAX_LINE))
        }));
        lines.extend(self.timers.iter().map(|timed| match timed {
            TimerEntry::Set { timer, due, name, .. } => {
                let (at, later) = (time_arg::show(*due), time_arg::apart(self.at, *due));
                format!("    sets the timer {timer:?}: {name} at {at} ({later})")
            }
            TimerEntry::Cancelled { timer } => format!("    cancels the timer {timer:?}"),
        }));
        lines.join("\n")
    }
}

/// The causes of an event. Ids that are the same are printed once.
fn origin(command: &MessageId, metadata: &Metadata) -> String {
    let Metadata { correlation_id, causation_id, user_id, hops, .. } = metadata;
    let mut words = match (command == causation_id, causation_id == correlation_id) {
        (true, true) => format!("from {command}, the first message of its correlation"),
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

fn sent(commit: &Commit) -> Vec<SentMessage<'_>> {
    let sends = commit.sends.iter().zip(0_u16..);
    let sent = sends.map(|(send, index)| SentMessage {
        event_id: commit.id.send(index),
        name: &send.message.name,
        to: &send.to,
        data: &send.message.data,
    });
    sent.collect()
}

fn timed(commit: &Commit) -> Vec<TimerEntry<'_>> {
    let timed = commit.timers.iter().map(|change| match change {
        TimerChange::Set { name, due, message } => {
            TimerEntry::Set { timer: name, due: *due, name: &message.name, data: &message.data }
        }
        TimerChange::Cancel { name } => TimerEntry::Cancelled { timer: name },
    });
    timed.collect()
}
