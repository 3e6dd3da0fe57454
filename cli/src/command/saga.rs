//! `causeway saga`: lists and shows sagas, lets one go on that needs an operator, and aborts one.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, bail, ensure};
use aws_sdk_eventbridge::Client;
use causeway::{
    Encoded, MessageId, StreamId,
    log::{commit::Commit, event_store::check_contiguous},
    view::view_store::{Page, ViewStore as _},
};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::history::say_unknown;
use crate::{
    application::{Application, SagaNames},
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::{sdk_error, with_hint},
    output::{Output, columns, confirm},
    samples, time_arg,
};

/// The number of commits per page.
const PAGE_SIZE: i32 = 100;

/// How long a command waits until it is in the log, and how often it looks.
const RECORDED_WITHIN: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The options of `saga`.
#[derive(Args, Clone, Debug)]
pub struct Saga {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with sagas.
#[derive(Subcommand, Clone, Debug)]
pub enum Action {
    /// Lists sagas by their status, the earliest deadline first; without a status those that have not ended.
    Ls(Ls),
    /// Prints the steps of a saga and what happened to it.
    Show(Show),
    /// Lets a saga go on that needs an operator: what is open is requested again.
    Resume(Resume),
    /// Aborts a saga that is not past its pivot, after a confirmation: it compensates.
    Abort(Abort),
}

/// The options of `saga ls`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway saga ls\n  causeway saga ls --status needs-operator\n  \
                        causeway saga ls --status completed --limit 5 --json | jq -r .id")]
pub struct Ls {
    /// Only sagas of this status; can be repeated.
    #[arg(long, value_enum)]
    pub status: Vec<StatusArg>,
    /// The maximum number of sagas of each status.
    #[arg(long, value_name = "SAGAS", default_value_t = 20)]
    pub limit: u32,
}

/// The options of `saga show`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway saga show o-1001\n  causeway saga show fulfilment/o-1001 --json | jq .state.steps"
)]
pub struct Show {
    /// The saga: its id, or its stream.
    #[arg(value_name = "ID|STREAM")]
    pub saga: String,
}

/// The options of `saga resume`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway saga resume o-1001")]
pub struct Resume {
    /// The saga: its id, or its stream.
    #[arg(value_name = "ID|STREAM")]
    pub saga: String,
}

/// The options of `saga abort`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway saga abort o-1001 --reason \"The item was recalled.\"\n\n\
                        After its pivot a saga only goes forward, and rejects this.")]
pub struct Abort {
    /// The saga: its id, or its stream.
    #[arg(value_name = "ID|STREAM")]
    pub saga: String,
    /// The reason, as others will read it.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Aborts without a confirmation.
    #[arg(long)]
    pub yes: bool,
}

/// The status of a saga.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusArg {
    /// It goes forward.
    Running,
    /// It undoes what it did.
    Compensating,
    /// It got no answer.
    NeedsOperator,
    /// Every step is done.
    Completed,
    /// Everything is undone.
    Compensated,
}

impl StatusArg {
    /// The name of the status in rows, lists and states.
    fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Compensating => "compensating",
            Self::NeedsOperator => "needsOperator",
            Self::Completed => "completed",
            Self::Compensated => "compensated",
        }
    }
}

/// A row of the board.
#[derive(Serialize)]
struct Listed {
    saga: &'static str,
    id: String,
    status: String,
    deadline: Option<Timestamp>,
    reason: Option<String>,
}

/// A saga read from its stream.
#[derive(Serialize)]
struct SagaRecord {
    saga: StreamId,
    version: u64,
    state: State,
    history: Vec<Happened>,
    #[serde(skip)]
    commands: Vec<MessageId>,
}

/// The part of a saga's state that is printed.
#[derive(Deserialize, Serialize)]
struct State {
    status: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    deadline: Option<Timestamp>,
    steps: BTreeMap<String, Step>,
}

#[derive(Deserialize, Serialize)]
struct Step {
    progress: String,
}

#[derive(Serialize)]
struct Happened {
    version: u64,
    at: Timestamp,
    #[serde(rename = "type")]
    name: String,
    data: Value,
}

/// Runs the command.
pub async fn run(
    args: &Saga,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let done = match &args.action {
        Action::Ls(args) => list(args, application, &connection, output).await,
        Action::Show(args) => show(args, application, &connection, output).await,
        Action::Resume(args) => resume(args, application, &connection, output).await,
        Action::Abort(args) => abort(args, application, &connection, output).await,
    };
    done.map_err(|error| with_hint(&connection, error))
}

async fn list(
    args: &Ls,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let open = [StatusArg::NeedsOperator, StatusArg::Compensating, StatusArg::Running];
    let statuses = if args.status.is_empty() { open.as_slice() } else { args.status.as_slice() };
    let views = connection.views();
    let mut found = Vec::new();
    for saga in application.sagas {
        for status in statuses {
            // Those that have ended are listed by the time of their end, the last one first.
            let newest_first = matches!(status, StatusArg::Completed | StatusArg::Compensated);
            let page = Page { limit: args.limit, newest_first, after: None };
            for (id, row) in views.list(saga.board, status.name(), &page).await?.rows {
                let text = |name: &str| row.columns.get(name).and_then(Value::as_str).map(str::to_owned);
                let deadline = text("deadline").and_then(|deadline| deadline.parse().ok());
                let status = text("status").unwrap_or_default();
                found.push(Listed { saga: saga.context, id, status, deadline, reason: text("reason") });
            }
        }
    }
    if output.is_json() {
        for saga in &found {
            output.show("", saga)?;
        }
    } else if found.is_empty() {
        let which: Vec<&str> = statuses.iter().map(|status| status.name()).collect();
        output.say(format_args!("no saga is {}", which.join(" or ")))?;
    } else {
        let now = Timestamp::now();
        let row = |saga: &Listed| {
            let (due, left) = match saga.deadline {
                Some(due) => (due.to_string(), time_arg::apart(now, due)),
                None => (String::new(), String::new()),
            };
            [
                format!("{}/{}", saga.saga, saga.id),
                saga.status.clone(),
                due,
                left,
                saga.reason.clone().unwrap_or_default(),
            ]
        };
        let rows: Vec<_> = found.iter().map(row).collect();
        output.say(columns(["SAGA", "STATUS", "DEADLINE", "IN", "REASON"], &rows))?;
    }
    Ok(CommandStatus::Done)
}

async fn show(
    args: &Show,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let (_, stream) = find(&args.saga, application)?;
    let Some(record) = read(&stream, application, connection).await? else {
        say_unknown(&stream, application, connection, output).await?;
        return Ok(CommandStatus::NotFound);
    };
    let steps: Vec<_> = record.state.steps.iter().map(|(name, step)| [name.clone(), step.progress.clone()]).collect();
    let history: Vec<_> = record
        .history
        .iter()
        .map(|it| [time_arg::show(it.at), format!("v{}", it.version), it.name.clone(), summary(&it.data)])
        .collect();
    let text = format!(
        "{}\n\n{}\n\n{}",
        heading(&record),
        columns(["STEP", "PROGRESS"], &steps),
        columns(["AT", "VERSION", "EVENT", ""], &history)
    );
    output.show(text, &record)?;
    Ok(CommandStatus::Done)
}

async fn resume(
    args: &Resume,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let (saga, stream) = find(&args.saga, application)?;
    let Some(record) = read(&stream, application, connection).await? else {
        say_unknown(&stream, application, connection, output).await?;
        return Ok(CommandStatus::NotFound);
    };
    if record.state.status != StatusArg::NeedsOperator.name() {
        output.say(format_args!("{}; only one that needs an operator is resumed", heading(&record)))?;
        return Ok(CommandStatus::Rejected);
    }
    let command = Command { saga, stream: &stream, name: saga.resume, data: json!({}) };
    command.publish(application, connection, output).await
}

async fn abort(
    args: &Abort,
    application: &Application,
    connection: &Connection,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    ensure!(!args.reason.trim().is_empty(), "--reason is blank: others will read it");
    let (saga, stream) = find(&args.saga, application)?;
    let Some(record) = read(&stream, application, connection).await? else {
        say_unknown(&stream, application, connection, output).await?;
        return Ok(CommandStatus::NotFound);
    };
    let open = [StatusArg::Running, StatusArg::NeedsOperator].map(StatusArg::name);
    if !open.contains(&record.state.status.as_str()) {
        output.say(format_args!("{}; there is nothing to abort", heading(&record)))?;
        return Ok(CommandStatus::Rejected);
    }
    output.say(heading(&record))?;
    if !confirm(&format!("Abort {stream}? All that it did will be undone."), args.yes)? {
        output.say("not aborted")?;
        return Ok(CommandStatus::Rejected);
    }
    let command = Command { saga, stream: &stream, name: saga.abort, data: json!({ "reason": args.reason }) };
    command.publish(application, connection, output).await
}

/// A command of an operator to a saga.
struct Command<'c> {
    saga: SagaNames,
    stream: &'c StreamId,
    name: &'static str,
    data: Value,
}

impl Command<'_> {
    /// Publishes the command, and waits until the saga has recorded what follows from it.
    async fn publish(
        &self,
        application: &Application,
        connection: &Connection,
        output: &mut Output<'_>,
    ) -> anyhow::Result<CommandStatus> {
        let (name, stream) = (self.name, self.stream);
        let id = MessageId::new(format!("operator-{}", uuid::Uuid::new_v4().simple()))?;
        let mut data = self.data.clone();
        data[self.saga.id_field] = json!(stream.id());
        let entry = samples::entry(name, |detail| {
            detail["eventId"] = json!(id);
            detail["data"] = data;
        })?;
        let client = Client::new(&connection.sdk);
        let put = client.put_events().entries(entry).send().await.map_err(|error| sdk_error(connection, error))?;
        if let Some(failed) = put.entries().iter().find(|entry| entry.error_code().is_some()) {
            let (code, why) = (failed.error_code().unwrap_or_default(), failed.error_message().unwrap_or_default());
            bail!("the bus rejected {name}: {code}: {why}");
        }
        let begun = std::time::Instant::now();
        while begun.elapsed() < RECORDED_WITHIN {
            let record = read(stream, application, connection).await?;
            if let Some(record) = record.filter(|record| record.commands.contains(&id)) {
                output.show(
                    heading(&record),
                    &json!({ "published": name, "messageId": id, "status": record.state.status }),
                )?;
                return Ok(CommandStatus::Done);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let why = "a saga past its pivot rejects an abort; `causeway dlq ls` shows what could not be delivered";
        output.show(
            format_args!("{name} is published, and {stream} has recorded nothing yet: {why}"),
            &json!({ "published": name, "messageId": id, "status": null }),
        )?;
        Ok(CommandStatus::Rejected)
    }
}

/// The saga of this id or stream.
fn find(saga: &str, application: &Application) -> anyhow::Result<(SagaNames, StreamId)> {
    let contexts = || application.sagas.iter().map(|saga| saga.context).collect::<Vec<_>>().join(", ");
    let stream = match (saga.contains('/'), application.sagas) {
        (true, _) => StreamId::parse(saga)?,
        (false, [only]) => StreamId::parse(&format!("{}/{saga}", only.context))?,
        (false, _) => bail!("give the stream of the saga: <context>/{saga}, with one of {}", contexts()),
    };
    let found = application.sagas.iter().find(|saga| saga.context == stream.context());
    let found = found.with_context(|| format!("{stream} is no saga; the sagas are those of {}", contexts()))?;
    Ok((*found, stream))
}

/// The saga read from its stream; none if the stream has no events.
async fn read(
    stream: &StreamId,
    application: &Application,
    connection: &Connection,
) -> anyhow::Result<Option<SagaRecord>> {
    let fold = (application.folds)().into_iter().find(|fold| fold.context == stream.context());
    let mut state = fold.with_context(|| format!("no aggregate folds {stream}"))?.begin();
    let (mut version, mut history, mut commands) = (0, Vec::new(), Vec::new());
    let log = connection.log();
    let mut pages = log.stream(stream, 1, PAGE_SIZE);
    while let Some(page) = pages.next().await? {
        check_contiguous(stream, version + 1, &page.commits)?;
        for Commit { events, version: first, at, command, .. } in &page.commits {
            commands.push(command.clone());
            for (Encoded { name, data, .. }, number) in events.iter().zip(*first..) {
                version = number;
                let data = serde_json::from_str(data.get())?;
                history.push(Happened { version, at: *at, name: name.clone(), data });
            }
            events.iter().try_for_each(|event| state.follow(event))?;
        }
    }
    if version == 0 {
        return Ok(None);
    }
    let state = serde_json::from_value(state.state()?)?;
    Ok(Some(SagaRecord { saga: stream.clone(), version, state, history, commands }))
}

fn heading(record: &SagaRecord) -> String {
    let State { status, reason, deadline, .. } = &record.state;
    let status = if status == StatusArg::NeedsOperator.name() { "in need of an operator" } else { status };
    let until = deadline.map_or_else(String::new, |deadline| format!(" until {deadline}"));
    let because = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{} is {status}{until}{because}", record.saga)
}

/// The data of a saga's event in a few words: `reserve/tea; runs pay until 2026-01-01T00:15:00Z`.
fn summary(data: &Value) -> String {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str);
    let names = |pointer: &str| {
        let names = data.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(", ")
    };
    let what: Vec<&str> = ["/step", "/reason"].into_iter().filter_map(text).collect();
    let mut parts = vec![what.join(": ")];
    for (verb, pointer) in [("runs", "/next/run"), ("undoes", "/next/undo")] {
        let names = names(pointer);
        if !names.is_empty() {
            parts.push(format!("{verb} {names}"));
        }
    }
    parts.retain(|part| !part.is_empty());
    let until = text("/next/deadline").map_or_else(String::new, |deadline| format!(" until {deadline}"));
    format!("{}{until}", parts.join("; "))
}
