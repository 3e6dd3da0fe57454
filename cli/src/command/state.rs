//! `causeway state`: the state of a stream, now, at a version or at a time, folded from its first event.

use anyhow::Context;
use causeway::{
    StreamId,
    command::dyn_fold::{DynFold, StreamFold},
    log::{commit::Commit, event_store::check_contiguous},
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
    time_arg,
};

/// The number of commits per page.
const PAGE_SIZE: i32 = 100;

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

#[derive(Clone, Copy)]
enum At {
    Now,
    Version(u64),
    Time(Timestamp),
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
    let at = read_at(args.at.as_deref())?;
    let connection = global.connect().await?;
    show(&args.stream, at, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

fn read_at(text: Option<&str>) -> anyhow::Result<At> {
    match text {
        None => Ok(At::Now),
        Some(text) => match text.parse() {
            Ok(version) => Ok(At::Version(version)),
            Err(_) => time_arg::read(text, Timestamp::now()).map(At::Time).context("--at is not a version, and"),
        },
    }
}

fn fold_of(stream: &StreamId, application: &Application) -> anyhow::Result<StreamFold> {
    let fold = (application.folds)().into_iter().find(|fold| fold.context == stream.context());
    fold.with_context(|| {
        format!("no aggregate folds {stream}: contexts with streams are {}", application.contexts().join(", "))
    })
}

async fn show(
    stream: &StreamId,
    at: At,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let log = connection.log();
    let mut fold = Fold { folding: fold_of(stream, application)?.begin(), version: 0, at: None, next: None };
    let mut pages = log.stream(stream, 1, PAGE_SIZE);
    'all: while let Some(page) = pages.next().await? {
        check_contiguous(stream, fold.version + 1, &page.commits)?;
        for commit in &page.commits {
            if !fold.follow(commit, at).with_context(|| format!("{stream} version {}", fold.version + 1))? {
                break 'all;
            }
        }
    }
    let Fold { folding, version, at: last, next } = fold;
    let Some(last) = last else {
        match next {
            Some(first) => {
                output.say(format_args!("the first event of {stream} is later, at {}", time_arg::show(first)))?
            }
            None => say_unknown(stream, application, connection, output).await?,
        }
        return Ok(CommandStatus::NotFound);
    };
    let newest = next.is_none();
    let state = folding.state()?;
    let pretty = serde_json::to_string_pretty(&state)?;
    let more = match (at, newest) {
        (At::Version(version_asked), true) if version_asked > version => {
            format!(", the last; there is no version {version_asked} yet")
        }
        (_, true) => ", the last".to_owned(),
        (_, false) => String::new(),
    };
    let heading = format!("{stream} at version {version} of {}{more}", time_arg::show(last));
    output.show(format_args!("{heading}\n{pretty}"), &StateAt { stream, version, at: last, newest, state })?;
    Ok(CommandStatus::Done)
}

/// A fold of the events of a stream, up to a version or time.
struct Fold {
    folding: Box<dyn DynFold>,
    version: u64,
    at: Option<Timestamp>,
    /// The time of the first event that was not folded.
    next: Option<Timestamp>,
}

impl Fold {
    /// Folds this commit. False at the end.
    fn follow(&mut self, commit: &Commit, until: At) -> anyhow::Result<bool> {
        for (event, version) in commit.events.iter().zip(commit.version..) {
            let far_enough = match until {
                At::Now => false,
                At::Version(last) => version > last,
                At::Time(time) => commit.at > time,
            };
            if far_enough {
                self.next = Some(commit.at);
                return Ok(false);
            }
            self.folding.follow(event)?;
            (self.version, self.at) = (version, Some(commit.at));
        }
        Ok(true)
    }
}
