//! `causeway timers`: what is to be said later, and taking it back.

mod schedules;

use causeway::{StreamId, time::timers::TimerKey};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::history::read_stream;
use crate::{asking::may_go, columns::columns, ended::Ended, moment, place::Place, screen::Screen};
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
pub async fn run(wanted: &Timers, place: &Place, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let reach = place.reach().await?;
    let schedules = Schedules::of(&reach);
    match &wanted.what {
        What::Ls(wanted) => list(wanted, &schedules, screen).await,
        What::Cancel(wanted) => cancel(wanted, &schedules, screen).await,
    }
}

async fn list(wanted: &Ls, schedules: &Schedules, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let prefix = wanted.stream.as_ref().map(|stream| format!("{}-", stream.context()));
    let mut waiting = schedules.waiting(prefix.as_deref()).await?;
    waiting.retain(|timer| wanted.stream.is_none() || timer.stream == wanted.stream);
    if screen.is_json() {
        for timer in &waiting {
            screen.show("", timer)?;
        }
    } else if waiting.is_empty() {
        screen.say("nothing is to be said later")?;
    } else {
        screen.say(table(&waiting))?;
    }
    Ok(Ended::Done)
}

async fn cancel(wanted: &Cancel, schedules: &Schedules, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let (prefix, stream) = meant(&wanted.timer)?;
    let mut found = schedules.waiting(Some(&prefix)).await?;
    found.retain(|timer| if stream.is_some() { timer.stream == stream } else { timer.name == prefix });
    let timer = match found.as_slice() {
        [] => {
            screen.say(format_args!("no timer waits as {}", wanted.timer))?;
            return Ok(Ended::Missing);
        }
        [timer] => timer,
        several => {
            screen.say(format_args!("several timers wait there; say which by its schedule:\n{}", table(several)))?;
            return Ok(Ended::Refused);
        }
    };
    screen.say(table(&found))?;
    if !may_go(&format!("This will not be said. Cancel the timer {}?", timer.name), wanted.yes)? {
        screen.say("it stays")?;
        return Ok(Ended::Refused);
    }
    if schedules.remove(timer).await? {
        screen.show("cancelled", timer)?;
        return Ok(Ended::Done);
    }
    screen.say("it is gone already: it was said, or somebody else took it back")?;
    Ok(Ended::Missing)
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
            let left = timer.due.map_or_else(String::new, |due| moment::apart(now, due));
            let stream = timer.stream.as_ref().map_or_else(String::new, StreamId::to_string);
            [due, left, timer.message.clone(), stream, timer.name.clone()]
        })
        .collect();
    columns(["DUE", "IN", "MESSAGE", "STREAM", "SCHEDULE"], &rows)
}
