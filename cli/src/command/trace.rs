//! `causeway trace`: all that followed from one wish, as a tree of causes, read from the log.

mod found;
mod tree;

use std::collections::BTreeSet;

use causeway::{MessageId, StreamId, log::commit::Commit};
use causeway_aws::dynamo::LogReader;
use clap::Args;

use super::history::{read_stream, say_unknown};
use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    output::{Output, end_progress, progress},
};
use found::nodes_of;
use tree::Forest;

/// Whose consequences.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway trace 0193e7a0-0000-7000-8000-000000000000\n  \
                        causeway trace order/o-1001\n  \
                        causeway trace my-order-command-1 --json | jq 'select(.kind == \"event\")'\n\n\
                        No index knows these ids: the whole log is looked at once, or twice when the id is not the \
                        correlation itself. What was read is said on the standard error.")]
pub struct Trace {
    /// A correlation, the id of any event, command or message that left a fact behind, or a stream: the story of its
    /// first event
    #[arg(value_name = "CORRELATION|EVENT|COMMAND|STREAM", value_parser = read_whose)]
    pub whose: Whose,
}

/// By what a story is found.
#[derive(Clone, Debug)]
pub enum Whose {
    /// Any id in it.
    Id(MessageId),
    /// The stream of which it made the first event.
    Stream(StreamId),
}

/// What was read.
#[derive(Default)]
struct Cost {
    looked_at: u64,
    units: f64,
}

/// Shows them.
pub async fn run(
    args: &Trace,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    show(&args.whose, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

fn read_whose(text: &str) -> Result<Whose, String> {
    match text.contains('/') {
        true => read_stream(text).map(Whose::Stream),
        false => MessageId::new(text).map(Whose::Id).map_err(|error| error.to_string()),
    }
}

async fn show(
    whose: &Whose,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let log = connection.log();
    let id = match whose {
        Whose::Id(id) => id,
        Whose::Stream(stream) => {
            let first = log.stream(stream, 1, 1).next().await?.and_then(|page| page.commits.into_iter().next());
            let Some(first) = first else {
                say_unknown(stream, application, connection, output).await?;
                return Ok(CommandStatus::NotFound);
            };
            &first.metadata.correlation_id.clone()
        }
    };
    let mut cost = Cost::default();
    let about = read(&log, id, &mut cost).await?;
    let mut correlations: BTreeSet<MessageId> =
        about.iter().map(|commit| commit.metadata.correlation_id.clone()).collect();
    let commits = if correlations.contains(id) {
        correlations = BTreeSet::from([id.clone()]);
        about
    } else {
        let mut commits = Vec::new();
        for correlation in &correlations {
            commits.extend(read(&log, correlation, &mut cost).await?);
        }
        commits
    };
    let commits: Vec<Commit> =
        commits.into_iter().filter(|commit| correlations.contains(&commit.metadata.correlation_id)).collect();
    say_cost(&cost, connection)?;
    if commits.is_empty() {
        output.say(format_args!(
            "nothing in {} belongs to {id}\na message that changed nothing, or that a rule refused, leaves no fact there",
            connection.events_table()
        ))?;
        return Ok(CommandStatus::NotFound);
    }
    let forest = Forest::of(nodes_of(&commits));
    if output.is_json() {
        for node in forest.nodes() {
            output.show("", node)?;
        }
        return Ok(CommandStatus::Done);
    }
    for correlation in &correlations {
        output.say(format_args!("correlation {correlation}"))?;
    }
    for line in forest.lines() {
        output.say(line)?;
    }
    output.say(
        "\nThis is what the log holds. A message that changed nothing, or that a rule refused (CommandRejected is only",
    )?;
    output.say("said on the bus), leaves no fact there.")?;
    Ok(CommandStatus::Done)
}

/// All commits that belong to this id.
async fn read(log: &LogReader, id: &MessageId, cost: &mut Cost) -> anyhow::Result<Vec<Commit>> {
    let mut commits = Vec::new();
    let mut pages = log.about(id);
    while let Some(page) = pages.next().await? {
        cost.looked_at += page.looked_at;
        cost.units += page.units;
        commits.extend(page.commits);
        progress(format_args!("read {} items, {} in the trace ", cost.looked_at, commits.len()))?;
    }
    Ok(commits)
}

fn say_cost(cost: &Cost, connection: &Connection) -> anyhow::Result<()> {
    let Cost { looked_at, units } = cost;
    let table = connection.events_table();
    Ok(end_progress(format_args!("read {looked_at} items of {table} for {units} read units"))?)
}
