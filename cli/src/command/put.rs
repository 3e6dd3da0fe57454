//! `causeway put`: messages of the catalogue, or entries of a file, onto a bus.

mod change;
mod entry;
mod message;
mod schema;
mod send;
mod tally;

use std::{io::Read, path::Path};

use anyhow::Context;
use aws_sdk_eventbridge::Client;
use clap::Args;

use crate::{command_status::CommandStatus, connection::GlobalArgs, output::Output, samples};
use change::Change;
use message::{Ids, Message, Pattern};
use tally::Tally;

/// What is put.
#[derive(Args, Clone, Debug)]
#[command(after_help = examples("\nMore about paths, values and ids: causeway put --help"), after_long_help = examples(NOTES))]
pub struct Put {
    /// A message of the catalogue (PlaceOrder, OrderPlaced.v1), a file with entries, or - for the standard input
    #[arg(value_name = "NAME|FILE")]
    pub what: String,
    /// Changes a field; may be given many times. {number} in the value counts up, {uuid} is a fresh UUID
    #[arg(long, value_name = "PATH=VALUE", value_parser = change::change)]
    pub set: Vec<Change>,
    /// Puts it so often, every time as a message of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The bus [without it: the one that the entry names]
    #[arg(long, value_name = "NAME")]
    pub bus: Option<String>,
    /// At most so many messages a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Keeps the ids that stand there and adds none: with --count, the same message many times
    #[arg(long)]
    pub as_is: bool,
}

/// What people type.
fn examples(notes: &str) -> String {
    format!(
        "Examples:\n  causeway put ReceiveStock --set quantity=100\n  causeway put PlaceOrder --set \
         orderId=o-{{number}} --set lines.0.sku=tea --count 1000 --rate 50\n  causeway put OrderPlaced.v1 --set \
         aggregateId=o-7 --set data.orderId=o-7\n  jq '.[0].Source = \"till\"' my-entries.json | causeway put -\n{notes}"
    )
}

const NOTES: &str = "
Files:
  One entry of PutEvents, a list of them, or {\"Entries\": […]}. Detail may be a text, as the API wants it, or the
  JSON itself.

Paths:
  A path begins at the detail: data.orderId, metadata.userId. What the detail itself does not have is looked for in
  its data: orderId. The fields of the entry are spelled as in the API: Source, Resources.0. Lists are counted from 0;
  the place after the last one adds an item. A path that neither the message nor its schema has is refused.

Values:
  JSON if it is some, else a text; and a text where the message wants nothing else (orderId=1001). {number} counts the
  messages from 1 (the letter n in braces does, too); within one message each {uuid} is the same.

Ids:
  A message is known by the eventId in its detail: the same eventId again is the same message, and has no effect a
  second time. A fact keeps the eventId of its sample, so putting OrderPlaced twice is one message. A command has none
  in its sample and gets a fresh one each time; that it is about the same order is another matter (use --set).
  With --count every message is one of its own: eventId, correlationId and causationId are fresh, the same where they
  were the same. --as-is leaves all of that as it stands.

Ends with 4 if the bus did not take some of it.";

/// Puts it all.
pub async fn run(args: &Put, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let mut entries = entry::read(&text(&args.what)?).with_context(|| args.what.clone())?;
    if let Some(bus) = &args.bus {
        entries.iter_mut().for_each(|entry| entry.bus = Some(bus.clone()));
    }
    let ids = match (args.as_is, args.count) {
        (true, _) => Ids::AsTheyAre,
        (false, None) => Ids::Completed,
        (false, Some(_)) => Ids::Fresh,
    };
    let pattern = Pattern::new(entries, args.set.clone(), ids)?;
    let rounds = args.count.unwrap_or(1);
    let all = rounds.saturating_mul(u64::try_from(pattern.len())?);
    let connection = global.connect().await?;
    let client = Client::new(&connection.sdk);
    let mut tally = Tally::begin();
    let mut waiting: Vec<Message> = Vec::new();
    let at_once = args.rate.map_or(send::MOST_ENTRIES, |rate| usize::try_from(rate / 10).unwrap_or(0).max(1));
    let mut round = 0;
    while round < rounds || !waiting.is_empty() {
        while round < rounds && waiting.len() < send::MOST_ENTRIES {
            round += 1;
            waiting.extend(pattern.round(round)?);
        }
        let pack: Vec<Message> = waiting.drain(..send::fitting(&waiting).min(at_once)).collect();
        tally.keep_to(args.rate).await;
        let answers = send::put(&client, &connection, &pack).await;
        let answers = answers.map_err(|error| tally.broken_off(all, error))?;
        for (message, answer) in pack.iter().zip(answers) {
            tally.show(message, &answer, output)?;
        }
        tally.report(all)?;
    }
    tally.sum_up(output)?;
    Ok(if tally.all_taken() { CommandStatus::Done } else { CommandStatus::Rejected })
}

/// The entries as a text: the catalogue's, a file's, or what comes in.
fn text(what: &str) -> anyhow::Result<String> {
    if what == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("the standard input is no text")?;
        return Ok(text);
    }
    let is_path = what.contains(['/', '\\']) || what.ends_with(".json");
    match samples::find(what) {
        _ if is_path || Path::new(what).is_file() => {
            std::fs::read_to_string(what).with_context(|| format!("cannot read {what}"))
        }
        Ok(sample) => Ok(sample.text.to_owned()),
        Err(error) => Err(error).context("nothing to put, and no such file either"),
    }
}
