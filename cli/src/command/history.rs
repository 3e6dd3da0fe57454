//! `causeway history`: what a stream holds, commit by commit, read page by page.

mod event;

use causeway::StreamId;
use clap::Args;

use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    output::Output,
};
use event::Shown;

/// So many commits are read at once.
const AT_ONCE: u64 = 100;

/// Which stream, and how much of it.
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
    /// The first version to show.
    #[arg(long, value_name = "VERSION", default_value_t = 1)]
    pub from: u64,
    /// Shows at most so many events.
    #[arg(long, value_name = "EVENTS")]
    pub limit: Option<u64>,
    /// Shows every body in full.
    #[arg(long)]
    pub full: bool,
}

/// Reads the name of a stream, or says how one is written.
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
    // The version may lie in the middle of a commit, and a commit is found by its first.
    let first = log.newest_until(stream, args.from).await?;
    let from = first.map_or(args.from, |commit| commit.version);
    let limit = args.limit.unwrap_or(u64::MAX);
    let mut pages = log.stream(stream, from, i32::try_from(limit.min(AT_ONCE))?);
    let mut shown = 0;
    while let Some(page) = pages.next().await? {
        for commit in &page.commits {
            for event in Shown::of(commit).filter(|event| event.version >= args.from) {
                if shown == limit {
                    let next = event.version;
                    output.say(format_args!("… go on with --from {next}"))?;
                    return Ok(CommandStatus::Done);
                }
                if shown == 0 {
                    output.say(stream)?;
                }
                output.show(event.text(args.full), &event)?;
                shown += 1;
            }
        }
    }
    if shown > 0 {
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
