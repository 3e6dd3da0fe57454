//! `causeway put`: publishes messages of the catalogue, or entries of a file, on a bus.

mod change;
mod entry;
mod message;
mod send;
mod wait;

use std::{io::Read, path::Path, time::Duration};

use anyhow::Context;
use aws_sdk_eventbridge::Client;
use clap::Args;
use serde_json::Value;

use crate::{application::Application, command_status::CommandStatus, connection::GlobalArgs, output::Output, samples};
use message::{Ids, Message, MessageTemplate};
use send::{PutResult, Tally};
use wait::Waiting;

pub(super) use change::{Change, change};

/// The options of `put`.
#[derive(Args, Clone, Debug)]
#[command(after_help = examples("\nMore about paths, values and ids: causeway put --help"), after_long_help = examples(NOTES))]
pub struct Put {
    /// A message of the catalogue (PlaceOrder, OrderPlaced.v1), a file with entries, or - for the standard input
    #[arg(value_name = "NAME|FILE")]
    pub what: String,
    /// Sets a field; can be repeated. {number} in the value counts up, {uuid} is a new UUID
    #[arg(long, value_name = "PATH=VALUE", value_parser = change::change)]
    pub set: Vec<Change>,
    /// Publishes this many rounds, each with new ids
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The bus [without it: the one in the entry]
    #[arg(long, value_name = "NAME")]
    pub bus: Option<String>,
    /// The maximum number of messages per second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Waits until each command is done, rejected or dead-lettered, for 30 seconds or the given number
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "30")]
    pub wait: Option<u64>,
    /// Keeps all ids and adds none: with --count, the same message many times
    #[arg(long)]
    pub as_is: bool,
}

fn examples(notes: &str) -> String {
    format!(
        "Examples:\n  causeway put ReceiveStock --set quantity=100\n  causeway put PlaceOrder --set \
         orderId=o-{{number}} --set lines.0.sku=tea --count 1000 --rate 50\n  causeway put OrderPlaced.v1 --set \
         aggregateId=o-7 --set data.orderId=o-7\n  jq '.[0].Source = \"till\"' my-entries.json | causeway put -\n{notes}"
    )
}

const NOTES: &str = "
Files:
  One entry of PutEvents, a list of them, or {\"Entries\": […]}. Detail is a string, as in the API, or the JSON
  itself.

Paths:
  A path starts at the detail: data.orderId, metadata.userId. A field that the detail does not have is looked up
  in its data: orderId. The fields of the entry have the names of the API: Source, Resources.0. Indexes of lists begin at
  0; the one after the last adds an item. A path that neither the message nor its schema has is an error.

Values:
  JSON if it is valid JSON, else a string; and a string where the schema allows nothing else (orderId=1001). {number}
  counts the messages from 1 ({n} does, too); within one message each {uuid} is the same.

Ids:
  The eventId in the detail identifies a message: the same eventId again is the same message, and has no effect a
  second time. An event keeps the eventId of its sample, so putting OrderPlaced twice is one message. A command has none
  in its sample and gets a new one each time; it is still about the same order (use --set for another).
  With --count, eventId, correlationId and causationId are new in each round; equal ids stay equal. --as-is keeps them.

Waiting:
  --wait prints what became of each command: its events, or the rule that rejected it and the reason, or why it is
  dead-lettered. Events have no outcome. `causeway trace ID` prints the outcome later, for seven days.

The exit code is 4 if the bus rejected a message, and with --wait also if a rule rejected a command or it is
dead-lettered. It is 1 if a command has no outcome in time.";

/// Publishes all messages.
pub async fn run(
    args: &Put,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let mut entries = entry::read(&text(&args.what)?).with_context(|| args.what.clone())?;
    if let Some(bus) = &args.bus {
        entries.iter_mut().for_each(|entry| entry.bus = Some(bus.clone()));
    }
    let ids = match (args.as_is, args.count) {
        (true, _) => Ids::Unchanged,
        (false, None) => Ids::Completed,
        (false, Some(_)) => Ids::Fresh,
    };
    let template = MessageTemplate::new(entries, args.set.clone(), ids)?;
    let rounds = args.count.unwrap_or(1);
    let all = rounds.saturating_mul(u64::try_from(template.len())?);
    let connection = global.connect().await?;
    let client = Client::new(&connection.sdk);
    let mut tally = Tally::start();
    let mut outcomes = args.wait.map(|seconds| Waiting::new(application, Duration::from_secs(seconds)));
    let mut waiting: Vec<Message> = Vec::new();
    let at_once = args.rate.map_or(send::MAX_ENTRIES, |rate| usize::try_from(rate / 10).unwrap_or(0).max(1));
    let mut round = 0;
    while round < rounds || !waiting.is_empty() {
        while round < rounds && waiting.len() < send::MAX_ENTRIES {
            round += 1;
            waiting.extend(template.round(round)?);
        }
        let batch: Vec<Message> = waiting.drain(..send::fitting(&waiting).min(at_once)).collect();
        tally.keep_to(args.rate).await;
        let results = send::put(&client, &connection, &batch).await;
        let results = results.map_err(|error| tally.with_progress(all, error))?;
        for (message, result) in batch.iter().zip(results) {
            tally.show(message, &result, output)?;
            if let (Some(outcomes), PutResult::Accepted(id)) = (&mut outcomes, &result) {
                outcomes.add(message, id)?;
            }
        }
        tally.report(all)?;
    }
    tally.sum_up(output)?;
    let all_done = match outcomes {
        Some(outcomes) => outcomes.run(&connection, output).await?,
        None => true,
    };
    Ok(if all_done && tally.all_accepted() { CommandStatus::Done } else { CommandStatus::Rejected })
}

/// The detail of one message of the catalogue, with these changes.
pub(super) fn sample_detail(reference: &str, changes: &[Change]) -> anyhow::Result<Value> {
    let entries = entry::read(samples::find(reference)?.text)?;
    let messages = MessageTemplate::new(entries, changes.to_vec(), Ids::Completed)?.round(1)?;
    let detail = messages.first().and_then(|message| message.entry.detail.as_deref());
    Ok(serde_json::from_str(detail.with_context(|| format!("the sample of {reference} is empty"))?)?)
}

/// The text of the entries: of the catalogue, a file, or the standard input.
fn text(what: &str) -> anyhow::Result<String> {
    if what == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the standard input is not UTF-8")?;
        return Ok(text);
    }
    let is_path = what.contains(['/', '\\']) || what.ends_with(".json");
    match samples::find(what) {
        _ if is_path || Path::new(what).is_file() => {
            std::fs::read_to_string(what).with_context(|| format!("cannot read {what}"))
        }
        Ok(sample) => Ok(sample.text.to_owned()),
        Err(error) => Err(error).context("there is neither such a message nor such a file"),
    }
}
