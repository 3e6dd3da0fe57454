//! `causeway state`: the state of a stream, now, at a version or at a time, folded from its first event.

use causeway::{StreamId, log::Moment};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::history::{read_stream, say_unknown};
use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    output::Output,
    past::{self, PastState},
    time_arg,
};

/// The options of `state`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway state order/o-1001\n  causeway state inventory/mug --at 12\n  \
                        causeway state order/o-1001 --at 2026-11-21T05:00:00Z\n  \
                        causeway state fulfilment/o-1001 --at \"10m ago\" --json | jq .state")]
pub struct State {
    /// The stream: `<context>/<id>`.
    #[arg(value_parser = read_stream)]
    pub stream: StreamId,
    /// At this version, or at this time (a time, a day in UTC, or "10m ago") [without it: now]
    #[arg(long, value_name = "VERSION|TIME")]
    pub at: Option<String>,
}

/// The state of a stream after one of its events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateAt<'s> {
    stream: &'s StreamId,
    version: u64,
    at: Timestamp,
    /// Whether it is the last event.
    newest: bool,
    state: Value,
}

/// Prints the state.
pub async fn run(
    args: &State,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let at = past::moment(args.at.as_deref())?;
    let connection = global.connect().await?;
    show(&args.stream, at, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

async fn show(
    stream: &StreamId,
    at: Moment,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let past = PastState::read(&connection.log(), application, stream, at).await?;
    let (version, next) = (past.read.version, past.read.next);
    let Some(last) = past.read.at else {
        match next {
            Some(first) => {
                output.say(format_args!("the first event of {stream} is later, at {}", time_arg::show(first)))?
            }
            None => say_unknown(stream, application, connection, output).await?,
        }
        return Ok(CommandStatus::NotFound);
    };
    let newest = next.is_none();
    let state = past.state()?;
    let pretty = serde_json::to_string_pretty(&state)?;
    let more = match (at, newest) {
        (Moment::Version(version_asked), true) if version_asked > version => {
            format!(", the last; there is no version {version_asked} yet")
        }
        (_, true) => ", the last".to_owned(),
        (_, false) => String::new(),
    };
    let heading = format!("{stream} at {}{more}", past.read.text());
    output.show(format_args!("{heading}\n{pretty}"), &StateAt { stream, version, at: last, newest, state })?;
    Ok(CommandStatus::Done)
}
