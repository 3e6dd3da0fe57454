//! `causeway count`: how many events of a type were appended between two times.

use anyhow::{Context, bail};
use causeway::{Kind, temporal::EventCount};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    nearest::nearest,
    output::Output,
    samples::{NoSample, is_known, names},
    time_arg,
};

/// The options of `count`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway count OrderPlaced\n  \
                        causeway count OrderPlaced --from 2026-01-01 --to 2026-04-01\n  \
                        causeway count --from \"1h ago\"\n  \
                        causeway count OrderPlaced OrderCancelled --from 2026-01-01 --json | jq .count\n\n\
                        It reads the whole log, with eventually consistent reads at half the price; without --json, what it \
                        read is printed at the end.")]
pub struct Count {
    /// The types of events [without one: all that occurred]
    #[arg(value_name = "TYPE")]
    pub types: Vec<String>,
    /// From this time on (a time, the beginning of a day in UTC, or "10m ago")
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
}

#[derive(Serialize)]
struct TypeCount<'c> {
    #[serde(rename = "type")]
    event_type: &'c str,
    count: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// Prints the numbers.
pub async fn run(
    args: &Count,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    for event_type in &args.types {
        check_type(event_type, application)?;
    }
    let now = Timestamp::now();
    let time = |name: &'static str, text: &Option<String>| {
        text.as_ref().map(|text| time_arg::read(text, now).context(name)).transpose()
    };
    let (from, to) = (time("--from", &args.from)?, time("--to", &args.to)?);
    let count = EventCount::between(from, to)?;
    let connection = global.connect().await?;
    let count = read(count, &connection, output).await.map_err(|error| with_hint(&connection, error))?;
    let asked = args.types.iter().map(|event_type| (event_type.as_str(), count.of(event_type)));
    let counts: Vec<(&str, u64)> = if args.types.is_empty() { count.types().collect() } else { asked.collect() };
    for (event_type, count) in counts {
        output.show(format_args!("{event_type}  {count}"), &TypeCount { event_type, count, from, to })?;
    }
    Ok(CommandStatus::Done)
}

/// Fails for what is no event of the application: its number would always be 0.
fn check_type(event_type: &str, application: &Application) -> anyhow::Result<()> {
    if !is_known(event_type) {
        return Err(NoSample::Name { name: event_type.to_owned(), near: nearest(event_type, names()) }.into());
    }
    let routes = (application.routes)();
    if routes.iter().any(|route| route.message == event_type && route.kind == Kind::Command) {
        bail!("{event_type} is a command, and the log holds events");
    }
    Ok(())
}

/// Counts the events of the whole log.
async fn read(mut count: EventCount, connection: &Connection, output: &mut Output<'_>) -> anyhow::Result<EventCount> {
    let (mut commits, mut units) = (0, 0.0);
    let mut pages = connection.log().all();
    while let Some(page) = pages.next().await? {
        for commit in &page.commits {
            commit.events.iter().for_each(|event| count.add(&event.name, commit.at));
        }
        commits += page.looked_at;
        units += page.units;
    }
    output.say(format_args!("read {commits} commits with {units} read units"))?;
    Ok(count)
}
