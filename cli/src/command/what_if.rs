//! `causeway what-if`: what a command would do on a state of the past. It writes nothing.

use std::sync::Arc;

use anyhow::Context;
use causeway::{
    Delivery, Kind, Route, StreamId,
    log::Moment,
    temporal::{Difference, Hypothetical, Past, differences, what_if},
};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, value::to_raw_value};
use uuid::Uuid;

use super::{
    diff::lines_of,
    history::{EventEntry, read_stream},
    put::{Change, change, sample_detail},
};
use crate::{
    application::Application,
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::with_hint,
    output::Output,
    past::{self, PastState},
    samples,
};

/// The options of `what-if`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway what-if order/o-1001 CancelOrder\n  \
                        causeway what-if order/o-1001 CancelOrder --at 3 --set \"reason=changed my mind\"\n  \
                        causeway what-if inventory/mug ReserveStock --set quantity=100 --at \"1h ago\"\n  \
                        causeway what-if user/u-1 UpdateUserEmail --at 2026-01-15 --json | jq .outcome\n\n\
                        The body is the sample of the catalogue, with the id of STREAM and what --set sets. The handler runs \
                        on the log of that moment: what it appends, publishes or sets is kept in memory and printed.\n\
                        The exit code is 4 if the command would be rejected.")]
pub struct WhatIf {
    /// The stream that the command is about: `<context>/<id>`.
    #[arg(value_parser = read_stream)]
    pub stream: StreamId,
    /// The command: a message of the catalogue
    pub command: String,
    /// Sets a field of the command; can be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = change)]
    pub set: Vec<Change>,
    /// At this version, or at this time (a time, a day in UTC, or "10m ago") [without it: now]
    #[arg(long, value_name = "VERSION|TIME")]
    pub at: Option<String>,
}

/// The command is about another stream.
#[derive(Debug, thiserror::Error)]
#[error("{command} is about {}, not about {stream}: set the field with its id by --set", about.join(" and "))]
struct OtherStream {
    command: &'static str,
    stream: StreamId,
    about: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum DecisionOutcome {
    Appended,
    Rejected,
    Unchanged,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decision<'d> {
    stream: &'d StreamId,
    /// The version of the state that it is decided on.
    version: u64,
    command: &'d str,
    data: &'d Value,
    outcome: DecisionOutcome,
    events: Vec<EventEntry<'d>>,
    /// What changes in the state of the stream.
    differences: &'d [Difference],
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'d str>,
}

/// Prints what the command would do.
pub async fn run(
    args: &WhatIf,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let at = past::moment(args.at.as_deref())?;
    let name = samples::find(&args.command)?.name;
    let detail = sample_detail(&args.command, &args.set)?;
    let is_handler = |route: &Route| route.message == name && route.kind == Kind::Command;
    let route = (application.routes)().into_iter().find(is_handler);
    let route = route.with_context(|| format!("no function handles {name} as a command"))?;
    let connection = global.connect().await?;
    let question = Question { stream: &args.stream, at, route: &route };
    question.ask(detail, application, &connection, output).await.map_err(|error| with_hint(&connection, error))
}

struct Question<'q> {
    stream: &'q StreamId,
    at: Moment,
    route: &'q Route,
}

impl Question<'_> {
    async fn ask(
        &self,
        mut detail: Value,
        application: &Application,
        connection: &Connection,
        output: &mut Output<'_>,
    ) -> anyhow::Result<CommandStatus> {
        let mut decided = self.decide(&detail, connection).await?;
        if self.address(&mut detail, &decided.streams) {
            decided = self.decide(&detail, connection).await?;
        }
        if !decided.streams.contains(self.stream) {
            let about = decided.streams.iter().map(StreamId::to_string).collect();
            let (command, stream) = (self.route.message, self.stream.clone());
            return Err(OtherStream { command, stream, about }.into());
        }
        let mut past = PastState::read(&connection.log(), application, self.stream, self.at).await?;
        let before = past.state()?;
        for commit in decided.commits.iter().filter(|commit| commit.stream == *self.stream) {
            commit.events.iter().try_for_each(|event| past.fold.follow(event))?;
        }
        let changed = differences(&before, &past.state()?);
        self.print(&decided, &past, &changed, &detail, output)
    }

    async fn decide(&self, detail: &Value, connection: &Connection) -> anyhow::Result<Hypothetical> {
        let now = Timestamp::now();
        let delivery = Delivery {
            id: Uuid::now_v7().to_string(),
            source: "cli".to_owned(),
            account: None,
            detail_type: self.route.message.to_owned(),
            time: now,
            detail: to_raw_value(detail)?,
            replay_name: None,
        };
        let past = Past { log: Arc::new(connection.store()), stream: self.stream.clone(), at: self.at, now };
        Ok(what_if(self.route, &past, &delivery).await?)
    }

    /// Puts the stream's id in the fields that have the id of the stream of the same context that the command is about.
    /// True if it changed any.
    fn address(&self, detail: &mut Value, about: &[StreamId]) -> bool {
        if about.contains(self.stream) {
            return false;
        }
        let ids = about.iter().filter(|stream| stream.context() == self.stream.context()).map(StreamId::id);
        let ids: Vec<&str> = ids.collect();
        let Some(Value::Object(data)) = detail.get_mut("data") else { return false };
        let mut changed = false;
        for value in data.values_mut().filter(|value| value.as_str().is_some_and(|text| ids.contains(&text))) {
            *value = self.stream.id().into();
            changed = true;
        }
        changed
    }

    fn print(
        &self,
        decided: &Hypothetical,
        past: &PastState,
        changed: &[Difference],
        detail: &Value,
        output: &mut Output<'_>,
    ) -> anyhow::Result<CommandStatus> {
        let (stream, command, rejected) = (self.stream, self.route.message, decided.rejected.as_ref());
        let mut lines = vec![format!("{command} on {stream} at {}", past.read.text())];
        let (outcome, status) = match rejected {
            Some(rejected) => {
                lines.push(format!("would be rejected: {}: {}", rejected.rule, rejected.reason));
                (DecisionOutcome::Rejected, CommandStatus::Rejected)
            }
            None if decided.commits.is_empty() => {
                lines.push("would change nothing".to_owned());
                (DecisionOutcome::Unchanged, CommandStatus::Done)
            }
            None => {
                lines.push("would append".to_owned());
                (DecisionOutcome::Appended, CommandStatus::Done)
            }
        };
        for commit in &decided.commits {
            let entries = EventEntry::of(commit).map(|event| event.text(false).trim_start().to_owned());
            lines.extend(entries.map(|text| format!("{} {text}", commit.stream)));
        }
        if !changed.is_empty() {
            lines.push(format!("and change the state of {stream}"));
            lines.extend(lines_of(changed));
        }
        lines.push("nothing was written".to_owned());
        let decision = Decision {
            stream,
            version: past.read.version,
            command,
            data: detail.get("data").unwrap_or(&Value::Null),
            outcome,
            events: decided.commits.iter().flat_map(EventEntry::of).collect(),
            differences: changed,
            rule: rejected.map(|rejected| rejected.rule.as_str()),
            reason: rejected.map(|rejected| rejected.reason.as_str()),
        };
        output.show(lines.join("\n"), &decision)?;
        Ok(status)
    }
}
