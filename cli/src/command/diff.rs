//! `causeway diff`: the fields in which two states of a stream differ.

use causeway::{
    StreamId,
    temporal::{Difference, differences},
};
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
    past::{self, PastState, ReadUntil},
};

/// The options of `diff`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway diff order/o-1001 1 4\n  causeway diff order/o-1001 3\n  \
                        causeway diff user/u-1 2026-01-15 2026-02-01\n  \
                        causeway diff inventory/mug \"1h ago\" --json | jq -r '.differences[].path'")]
pub struct Diff {
    /// The stream: `<context>/<id>`.
    #[arg(value_parser = read_stream)]
    pub stream: StreamId,
    /// The first version or time (a time, a day in UTC, or "10m ago"); 0 is before the first event
    #[arg(value_name = "VERSION|TIME")]
    pub from: String,
    /// The second version or time [without it: now]
    #[arg(value_name = "VERSION|TIME")]
    pub to: Option<String>,
}

#[derive(Serialize)]
struct Place {
    version: u64,
    at: Option<Timestamp>,
}

#[derive(Serialize)]
struct StateDifferences<'s> {
    stream: &'s StreamId,
    from: Place,
    to: Place,
    differences: &'s [Difference],
}

/// Prints the differences.
pub async fn run(
    args: &Diff,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    show(args, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

async fn show(
    args: &Diff,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let stream = &args.stream;
    let (from, to) = (past::moment(Some(&args.from))?, past::moment(args.to.as_deref())?);
    let log = connection.log();
    let old = PastState::read(&log, application, stream, from).await?;
    let new = PastState::read(&log, application, stream, to).await?;
    if new.read.is_unknown() {
        say_unknown(stream, application, connection, output).await?;
        return Ok(CommandStatus::NotFound);
    }
    let found = differences(&old.state()?, &new.state()?);
    let mut lines = vec![format!("{stream} from {} to {}", old.read.text(), new.read.text())];
    lines.extend(lines_of(&found));
    if found.is_empty() {
        lines.push("  no difference".to_owned());
    }
    let place = |read: ReadUntil| Place { version: read.version, at: read.at };
    let (from, to) = (place(old.read), place(new.read));
    output.show(lines.join("\n"), &StateDifferences { stream, from, to, differences: &found })?;
    Ok(CommandStatus::Done)
}

/// One line for each difference.
pub(super) fn lines_of(differences: &[Difference]) -> impl Iterator<Item = String> {
    differences.iter().map(|Difference { path, before, after }| {
        let path = if path.is_empty() { "state" } else { path.as_str() };
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        format!("  {path}: {} → {}", text(before), text(after))
    })
}
