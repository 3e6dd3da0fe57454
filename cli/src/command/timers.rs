//! `causeway timers`: lists and cancels pending timers, which are schedules in the groups of the stack.

use anyhow::bail;
use aws_sdk_scheduler::{Client, error::SdkError, operation::get_schedule::GetScheduleOutput};
use causeway::{StreamId, time::timers::TimerKey};
use causeway_aws::scheduler::parse_due;
use clap::{Args, Subcommand};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::history::read_stream;
use crate::{
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    error_hint::sdk_error,
    output::{Output, columns, confirm},
    time_arg,
};

/// The options of `timers`.
#[derive(Args, Clone, Debug)]
pub struct Timers {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with timers.
#[derive(Subcommand, Clone, Debug)]
pub enum Action {
    /// Lists pending timers, the earliest first.
    Ls(Ls),
    /// Cancels a timer, after a confirmation.
    Cancel(Cancel),
}

/// The options of `timers ls`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway timers ls\n  causeway timers ls --stream fulfilment/o-1001\n  \
                        causeway timers ls --json | jq -r .name")]
pub struct Ls {
    /// Only timers of this stream.
    #[arg(long, value_parser = read_stream)]
    pub stream: Option<StreamId>,
}

/// The options of `timers cancel`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway timers cancel fulfilment/o-1001\n  \
                        causeway timers cancel fulfilment/o-1001#deadline --yes\n  \
                        causeway timers cancel fulfilment-0f4c2d9e8b7a6c5d4e3f2a1b\n\n\
                        Nothing is recorded in the stream: a saga that waits for this timer only never continues.")]
pub struct Cancel {
    /// The timer: its stream, `<stream>#<name>`, or the schedule's name.
    #[arg(value_name = "STREAM|STREAM#NAME|SCHEDULE")]
    pub timer: String,
    /// Cancels without a confirmation.
    #[arg(long)]
    pub yes: bool,
}

/// Runs the command.
pub async fn run(args: &Timers, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let schedules = Schedules::of(&connection);
    match &args.action {
        Action::Ls(args) => list(args, &schedules, output).await,
        Action::Cancel(args) => cancel(args, &schedules, output).await,
    }
}

async fn list(args: &Ls, schedules: &Schedules, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let prefix = args.stream.as_ref().map(|stream| format!("{}-", stream.context()));
    let mut pending = schedules.pending(prefix.as_deref()).await?;
    pending.retain(|timer| args.stream.is_none() || timer.stream == args.stream);
    if output.is_json() {
        for timer in &pending {
            output.show("", timer)?;
        }
    } else if pending.is_empty() {
        output.say("no timers are pending")?;
    } else {
        output.say(table(&pending))?;
    }
    Ok(CommandStatus::Done)
}

async fn cancel(args: &Cancel, schedules: &Schedules, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let (prefix, stream) = parse_timer(&args.timer)?;
    let mut found = schedules.pending(Some(&prefix)).await?;
    found.retain(|timer| if stream.is_some() { timer.stream == stream } else { timer.name == prefix });
    let timer = match found.as_slice() {
        [] => {
            output.say(format_args!("no timer is pending for {}", args.timer))?;
            return Ok(CommandStatus::NotFound);
        }
        [timer] => timer,
        several => {
            output.say(format_args!("several timers are pending; give the name of a schedule:\n{}", table(several)))?;
            return Ok(CommandStatus::Rejected);
        }
    };
    output.say(table(&found))?;
    if !confirm(&format!("Cancel the timer {}? Its message will not be published.", timer.name), args.yes)? {
        output.say("not cancelled")?;
        return Ok(CommandStatus::Rejected);
    }
    if schedules.remove(timer).await? {
        output.show("cancelled", timer)?;
        return Ok(CommandStatus::Done);
    }
    output.say("it is not pending any more: it fired, or was cancelled by another")?;
    Ok(CommandStatus::NotFound)
}

/// The prefix of the schedule's name, and the stream if the name of the timer is not given.
fn parse_timer(timer: &str) -> anyhow::Result<(String, Option<StreamId>)> {
    if let Some((stream, name)) = timer.split_once('#') {
        let key = TimerKey { stream: StreamId::parse(stream)?, name: name.to_owned() };
        return Ok((key.schedule_name(), None));
    }
    if timer.contains('/') {
        let stream = StreamId::parse(timer)?;
        return Ok((format!("{}-", stream.context()), Some(stream)));
    }
    Ok((timer.to_owned(), None))
}

fn table(pending: &[PendingTimer]) -> String {
    let now = Timestamp::now();
    let rows: Vec<[String; 5]> = pending
        .iter()
        .map(|timer| {
            let due = timer.due.map_or_else(|| timer.expression.clone(), |due| due.to_string());
            let left = timer.due.map_or_else(String::new, |due| time_arg::apart(now, due));
            let stream = timer.stream.as_ref().map_or_else(String::new, StreamId::to_string);
            [due, left, timer.message.clone(), stream, timer.name.clone()]
        })
        .collect();
    columns(["DUE", "IN", "MESSAGE", "STREAM", "SCHEDULE"], &rows)
}

const CONCURRENCY: usize = 8;

struct Schedules {
    client: Client,
    connection: Connection,
}

/// A schedule with the message that it will publish.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PendingTimer {
    name: String,
    group: String,
    /// None for a recurring schedule.
    due: Option<Timestamp>,
    expression: String,
    #[serde(rename = "type")]
    message: String,
    stream: Option<StreamId>,
    /// The envelope of the message.
    envelope: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    event_type: String,
    aggregate_type: String,
    aggregate_id: String,
}

impl Schedules {
    fn of(connection: &Connection) -> Self {
        Self { client: Client::new(&connection.sdk), connection: connection.clone() }
    }

    /// The pending timers, the earliest first; with a prefix, only schedules whose names begin with it.
    async fn pending(&self, prefix: Option<&str>) -> anyhow::Result<Vec<PendingTimer>> {
        let mut names = Vec::new();
        for group in self.groups().await? {
            let request = self.client.list_schedules().group_name(&group).set_name_prefix(prefix.map(str::to_owned));
            let schedules: Result<Vec<_>, _> = request.into_paginator().items().send().collect().await;
            let schedules = schedules.map_err(|error| sdk_error(&self.connection, error))?;
            names.extend(schedules.into_iter().filter_map(|schedule| Some((group.clone(), schedule.name?))));
        }
        let asked = stream::iter(names).map(|(group, name)| self.one(group, name)).buffered(CONCURRENCY);
        let mut pending: Vec<PendingTimer> = asked.try_filter_map(async |one| Ok(one)).try_collect().await?;
        pending.sort_by(|one, other| (one.due, &one.name).cmp(&(other.due, &other.name)));
        Ok(pending)
    }

    /// Deletes the schedule. False if it did not exist any more.
    async fn remove(&self, timer: &PendingTimer) -> anyhow::Result<bool> {
        let call = self.client.delete_schedule().name(&timer.name).group_name(&timer.group);
        match call.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(false),
            Err(error) => Err(sdk_error(&self.connection, error)),
        }
    }

    async fn groups(&self) -> anyhow::Result<Vec<String>> {
        let stack = &self.connection.stack;
        let pages = self.client.list_schedule_groups().name_prefix(stack).into_paginator();
        let groups: Result<Vec<_>, _> = pages.items().send().collect().await;
        let groups = groups.map_err(|error| sdk_error(&self.connection, error))?;
        let groups: Vec<String> = groups.into_iter().filter_map(|group| group.name).collect();
        if groups.is_empty() {
            bail!("no schedule group has a name like {stack}…: give the name of the stack with --stack");
        }
        Ok(groups)
    }

    /// A schedule, or none if it was deleted meanwhile.
    async fn one(&self, group: String, name: String) -> anyhow::Result<Option<PendingTimer>> {
        match self.client.get_schedule().name(&name).group_name(&group).send().await {
            Ok(schedule) => Ok(Some(read(group, name, schedule))),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(None),
            Err(error) => Err(sdk_error(&self.connection, error)),
        }
    }
}

fn read(group: String, name: String, schedule: GetScheduleOutput) -> PendingTimer {
    let expression = schedule.schedule_expression.unwrap_or_default();
    let due = parse_due(&expression).ok();
    let input = schedule.target.and_then(|target| target.input).unwrap_or_default();
    let envelope = serde_json::from_str::<Envelope>(&input).ok();
    let stream = envelope.as_ref().map(|envelope| format!("{}/{}", envelope.aggregate_type, envelope.aggregate_id));
    let stream = stream.and_then(|stream| StreamId::parse(&stream).ok());
    let message = envelope.map(|envelope| envelope.event_type).unwrap_or_else(|| "unknown".to_owned());
    PendingTimer { name, group, due, expression, message, stream, envelope: RawValue::from_string(input).ok() }
}
