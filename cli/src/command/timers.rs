//! `causeway timers`: what is to be said later, and taking it back.

mod schedules;

use causeway::{StreamId, time::timers::TimerKey};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::history::read_stream;
use crate::{
    columns::columns, command_status::CommandStatus, confirm::confirm, connection::GlobalArgs, output::Output, time_arg,
};
use schedules::{Schedules, Waiting};

/// What to do with timers.
#[derive(Args, Clone, Debug)]
pub struct Timers {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What to do with timers.
#[derive(Subcommand, Clone, Debug)]
pub enum What {
    /// Lists what is to be said later, the earliest first.
    Ls(Ls),
    /// Takes a timer back.
    Cancel(Cancel),
}

/// Which timers.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway timers ls\n  causeway timers ls --stream fulfilment/o-1001\n  \
                        causeway timers ls --json | jq -r .name")]
pub struct Ls {
    /// Those of this stream only.
    #[arg(long, value_parser = read_stream)]
    pub stream: Option<StreamId>,
}

/// Which timer.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway timers cancel fulfilment/o-1001\n  \
                        causeway timers cancel fulfilment/o-1001#deadline --yes\n  \
                        causeway timers cancel fulfilment-0f4c2d9e8b7a6c5d4e3f2a1b\n\n\
                        The stream is not told: a process that waits for this timer alone waits for ever.")]
pub struct Cancel {
    /// The timer: its stream, `<stream>#<name>`, or the schedule's name.
    #[arg(value_name = "STREAM|STREAM#NAME|SCHEDULE")]
    pub timer: String,
    /// Does not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Does it.
pub async fn run(args: &Timers, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let schedules = Schedules::of(&connection);
    match &args.what {
        What::Ls(args) => list(args, &schedules, output).await,
        What::Cancel(args) => cancel(args, &schedules, output).await,
    }
}

async fn list(args: &Ls, schedules: &Schedules, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let prefix = args.stream.as_ref().map(|stream| format!("{}-", stream.context()));
    let mut waiting = schedules.waiting(prefix.as_deref()).await?;
    waiting.retain(|timer| args.stream.is_none() || timer.stream == args.stream);
    if output.is_json() {
        for timer in &waiting {
            output.show("", timer)?;
        }
    } else if waiting.is_empty() {
        output.say("nothing is to be said later")?;
    } else {
        output.say(table(&waiting))?;
    }
    Ok(CommandStatus::Done)
}

async fn cancel(args: &Cancel, schedules: &Schedules, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let (prefix, stream) = meant(&args.timer)?;
    let mut found = schedules.waiting(Some(&prefix)).await?;
    found.retain(|timer| if stream.is_some() { timer.stream == stream } else { timer.name == prefix });
    let timer = match found.as_slice() {
        [] => {
            output.say(format_args!("no timer waits as {}", args.timer))?;
            return Ok(CommandStatus::NotFound);
        }
        [timer] => timer,
        several => {
            output.say(format_args!("several timers wait there; say which by its schedule:\n{}", table(several)))?;
            return Ok(CommandStatus::Rejected);
        }
    };
    output.say(table(&found))?;
    if !confirm(&format!("This will not be said. Cancel the timer {}?", timer.name), args.yes)? {
        output.say("it stays")?;
        return Ok(CommandStatus::Rejected);
    }
    if schedules.remove(timer).await? {
        output.show("cancelled", timer)?;
        return Ok(CommandStatus::Done);
    }
    output.say("it is gone already: it was said, or somebody else took it back")?;
    Ok(CommandStatus::NotFound)
}

/// With what the schedule's name begins, and the stream when nothing more is known.
fn meant(timer: &str) -> anyhow::Result<(String, Option<StreamId>)> {
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

fn table(waiting: &[Waiting]) -> String {
    let now = Timestamp::now();
    let rows: Vec<[String; 5]> = waiting
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
