//! `causeway dlq`: lists, shows, redrives and purges the dead letters of all queues of the stack. A dead letter is deleted
//! only after the bus has accepted it again, or after it was printed and its deletion confirmed.

mod queues;

use std::collections::{BTreeMap, BTreeSet};

use causeway_aws::dead_letters::{
    Content, DeadLetter, Origin,
    dlq_client::{DeadLetterFilter, RedriveOutcome},
};
use clap::{Args, Subcommand};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{json, value::RawValue};

use crate::{
    command_status::CommandStatus,
    connection::GlobalArgs,
    error_hint::with_hint,
    output::{Output, columns, confirm},
    preview::{cut, whole},
    time_arg,
};
pub use queues::Queues;
use queues::{DeadLetterQueue, Found, find, queues};

/// The maximum length of an explanation in a table.
const MAX_EXPLANATION: usize = 70;

/// The options of `dlq`.
#[derive(Args, Clone, Debug)]
pub struct Dlq {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
    /// The queues.
    #[command(flatten)]
    pub queues: Queues,
}

/// What to do with dead letters.
#[derive(Subcommand, Clone, Debug)]
pub enum Action {
    /// Lists dead letters, by cause and one by one. They are invisible to others while this reads them.
    #[command(after_help = "Examples:\n  causeway dlq ls\n  causeway dlq ls --queue Order --cause MALFORMED\n  \
                            causeway dlq ls --json | jq -r '.letter.explanation'")]
    Ls {
        /// Only those with this cause.
        #[arg(long)]
        cause: Option<String>,
    },
    /// Prints one dead letter in full.
    #[command(
        after_help = "Examples:\n  causeway dlq show 5d1c2b7e-…\n  causeway dlq show 5d1c2b7e-… --json | jq .letter"
    )]
    Show {
        /// The id, as `ls` prints it.
        id: String,
    },
    /// Publishes dead letters again on their bus and deletes them. What cannot be redriven stays, and the exit code is 4.
    #[command(
        after_help = "Examples:\n  causeway dlq redrive --all\n  causeway dlq redrive --cause NO_PERMISSIONS --queue Order\n  \
                            causeway dlq redrive --id 5d1c2b7e-…"
    )]
    Redrive {
        /// Which dead letters.
        #[command(flatten)]
        selection: Selection,
        /// Publishes the one of --id with this detail instead, under its id
        #[arg(long, value_name = "JSON", requires = "id", value_parser = detail)]
        detail: Option<Box<RawValue>>,
    },
    /// Deletes dead letters, after a confirmation.
    #[command(
        after_help = "Examples:\n  causeway dlq purge --id 5d1c2b7e-…\n  causeway dlq purge --cause MALFORMED\n  \
                            causeway dlq purge --all --yes"
    )]
    Purge {
        /// Which dead letters.
        #[command(flatten)]
        selection: Selection,
        /// Deletes without a confirmation.
        #[arg(long)]
        yes: bool,
    },
}

/// Which dead letters; one of the options is required.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Selection {
    /// Those with this cause.
    #[arg(long)]
    pub cause: Option<String>,
    /// The one with this id.
    #[arg(long)]
    pub id: Option<String>,
    /// All of them.
    #[arg(long)]
    pub all: bool,
}

impl Selection {
    fn filter(&self) -> DeadLetterFilter {
        DeadLetterFilter { reason: self.cause.clone(), id: self.id.clone() }
    }
}

/// Runs the command.
pub async fn run(args: &Dlq, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let queues = queues(&connection, &args.queues).await?;
    let status = match &args.action {
        Action::Ls { cause } => list(&queues, cause.as_deref(), output).await,
        Action::Show { id } => show(&queues, id, output).await,
        Action::Redrive { selection, detail } => redrive(&queues, &selection.filter(), detail.as_deref(), output).await,
        Action::Purge { selection, yes } => purge(&queues, &selection.filter(), *yes, output).await,
    };
    status.map_err(|error| with_hint(&connection, error))
}

/// Parses a corrected detail.
fn detail(text: &str) -> Result<Box<RawValue>, String> {
    serde_json::from_str(text).map_err(|error| format!("the detail must be JSON: {error}"))
}

async fn list(
    queues: &[DeadLetterQueue],
    cause: Option<&str>,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let filter = DeadLetterFilter { reason: cause.map(str::to_owned), id: None };
    let findings = find(queues, &filter).await?;
    if output.is_json() {
        for found in &findings.dead_letters {
            output.show("", &found.json())?;
        }
    } else if findings.dead_letters.is_empty() {
        let of_cause = cause.map(|cause| format!(" with the cause {cause}")).unwrap_or_default();
        output.say(format_args!("no dead letters{of_cause} in {} queues", queues.len()))?;
    } else {
        output.say(by_cause(&findings.dead_letters))?;
        output.say(format_args!("\n{}", one_by_one(&findings.dead_letters)))?;
    }
    for queue in findings.incomplete {
        output.say(format_args!("{queue} may have more: raise --most"))?;
    }
    Ok(CommandStatus::Done)
}

fn by_cause(dead_letters: &[Found<'_>]) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&DeadLetter>> = BTreeMap::new();
    for Found { queue, received } in dead_letters {
        groups.entry((&queue.name, &received.letter.reason)).or_default().push(&received.letter);
    }
    let rows: Vec<[String; 5]> = groups
        .into_iter()
        .map(|((queue, cause), group)| {
            let oldest = group.iter().filter_map(|letter| letter.at).min();
            let example = group.first().map(|letter| format!("{}: {}", subject(letter), letter.explanation));
            let example = cut(&example.unwrap_or_default().replace('\n', " "), MAX_EXPLANATION);
            [queue.to_owned(), cause.to_owned(), group.len().to_string(), time(oldest), example]
        })
        .collect();
    columns(["QUEUE", "CAUSE", "DEAD LETTERS", "OLDEST", "EXAMPLE"], &rows)
}

fn one_by_one(dead_letters: &[Found<'_>]) -> String {
    let row = |Found { received, .. }: &Found<'_>| {
        let letter = &received.letter;
        [received.id.clone(), time(letter.at), letter.reason.clone(), subject(letter), origin(&letter.origin)]
    };
    let rows: Vec<[String; 5]> = dead_letters.iter().map(row).collect();
    columns(["ID", "DEAD-LETTERED", "CAUSE", "MESSAGE", "BY"], &rows)
}

async fn show(queues: &[DeadLetterQueue], id: &str, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let filter = DeadLetterFilter { reason: None, id: Some(id.to_owned()) };
    let findings = find(queues, &filter).await?;
    let Some(found) = findings.dead_letters.first() else {
        output.say(format_args!("no dead letter {id} in {} queues; `causeway dlq ls` lists them", queues.len()))?;
        return Ok(CommandStatus::NotFound);
    };
    output.show(text(&found.queue.name, &found.received.letter), &found.json())?;
    Ok(CommandStatus::Done)
}

fn text(queue: &str, letter: &DeadLetter) -> String {
    let attempts = letter.attempts.map_or_else(|| "unknown".to_owned(), |attempts| attempts.to_string());
    let mut lines = vec![
        format!("queue     {queue}"),
        format!("cause     {}", letter.reason),
        format!("why       {}", letter.explanation),
        format!("at        {} by {}", time(letter.at), origin(&letter.origin)),
        format!("attempts  {attempts}"),
    ];
    match &letter.content {
        Content::Message(delivery) => {
            lines.push(format!("message   {} from {}, id {}", delivery.detail_type, delivery.source, delivery.id));
            lines.push(whole(&delivery.detail, 10));
        }
        Content::Unreadable { text, why } => {
            lines.push(format!("message   none: {why}"));
            lines.extend(text.lines().map(|line| format!("          {line}")));
        }
    }
    if let Err(error) = letter.entry(None) {
        lines.push(format!("it cannot be redriven: {error}"));
    }
    lines.join("\n")
}

/// Redrives all queues concurrently. An error in one queue does not stop the others.
async fn redrive(
    queues: &[DeadLetterQueue],
    filter: &DeadLetterFilter,
    detail: Option<&RawValue>,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let (mut redriven, mut stayed, mut first_error) = (0, 0, None);
    let results = join_all(queues.iter().map(|queue| queue.client.redrive_as(filter, detail))).await;
    for (queue, result) in queues.iter().zip(results) {
        let outcomes = match result {
            Ok(outcomes) => outcomes,
            Err(error) => {
                first_error.get_or_insert(error);
                continue;
            }
        };
        if outcomes.len() >= queue.most {
            output.say(format_args!("{} may have more: run it again", queue.name))?;
        }
        for (received, outcome) in outcomes {
            let (id, subject) = (&received.id, subject(&received.letter));
            let (word, why, text) = match &outcome {
                RedriveOutcome::Done => ("redriven", None, format!("redriven    {id}  {subject}")),
                RedriveOutcome::Permanent { why } => {
                    ("rejected", Some(why), format!("stays       {id}  {subject}: {why}"))
                }
                RedriveOutcome::Transient { why } => {
                    ("failed", Some(why), format!("try again   {id}  {subject}: {why}"))
                }
            };
            let json = json!({ "queue": queue.name, "id": id, "type": subject, "outcome": word, "why": why });
            output.show(text, &json)?;
            if outcome == RedriveOutcome::Done { redriven += 1 } else { stayed += 1 }
        }
    }
    if let Some(error) = first_error {
        return Err(error.into());
    }
    if redriven + stayed == 0 {
        return nothing_found(queues, filter, output);
    }
    output.say(format_args!("{redriven} redriven, {stayed} stayed"))?;
    Ok(if stayed > 0 { CommandStatus::Rejected } else { CommandStatus::Done })
}

/// Deletes only dead letters that it has printed.
async fn purge(
    queues: &[DeadLetterQueue],
    filter: &DeadLetterFilter,
    yes: bool,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let findings = find(queues, filter).await?;
    let count = findings.dead_letters.len();
    if count == 0 {
        return nothing_found(queues, filter, output);
    }
    output.say(one_by_one(&findings.dead_letters))?;
    let what = if count == 1 { "this dead letter".to_owned() } else { format!("these {count} dead letters") };
    if !confirm(&format!("Delete {what} for good?"), yes)? {
        output.say("nothing was deleted")?;
        return Ok(CommandStatus::Rejected);
    }
    let mut purged = 0;
    for queue in queues {
        let of_queue = findings.dead_letters.iter().filter(|found| found.queue.name == queue.name);
        let ids: BTreeSet<String> = of_queue.map(|found| found.received.id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        for received in queue.client.purge_seen(&ids).await? {
            purged += 1;
            let (id, subject) = (&received.id, subject(&received.letter));
            let json = json!({ "queue": queue.name, "id": id, "type": subject, "outcome": "deleted" });
            output.show(format!("deleted  {id}  {subject}"), &json)?;
        }
    }
    if purged < count {
        let left = count - purged;
        output
            .say(format_args!("{left} were not in the queue any more, or are invisible because another reads them"))?;
        return Ok(CommandStatus::Rejected);
    }
    Ok(CommandStatus::Done)
}

/// No dead letters at all are no error; none for a filter are.
fn nothing_found(
    queues: &[DeadLetterQueue],
    filter: &DeadLetterFilter,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    output.say(format_args!("no such dead letters in {} queues", queues.len()))?;
    Ok(if *filter == DeadLetterFilter::default() { CommandStatus::Done } else { CommandStatus::NotFound })
}

fn subject(letter: &DeadLetter) -> String {
    match &letter.content {
        Content::Message(delivery) => delivery.detail_type.clone(),
        Content::Unreadable { .. } => "(no message)".to_owned(),
    }
}

/// Who dead-lettered it, in short.
fn origin(origin: &Origin) -> String {
    let last = |arn: &str| arn.rsplit([':', '/']).next().unwrap_or(arn).to_owned();
    match origin {
        Origin::Rule { rule_arn, .. } => format!("rule {}", last(rule_arn)),
        Origin::Function { function_arn } => format!("function {}", last(function_arn.trim_end_matches(":$LATEST"))),
        Origin::Timer { schedule_arn } => format!("timer {}", last(schedule_arn)),
        Origin::Kept { consumer } => consumer.clone(),
        Origin::Unknown => "unknown".to_owned(),
    }
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "unknown".to_owned(), time_arg::show)
}
