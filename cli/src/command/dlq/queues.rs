//! The dead-letter queues of the stack: queues with such a name, and targets of redrive policies of other queues.

use std::{collections::BTreeSet, num::NonZero};

use anyhow::bail;
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use causeway_aws::{
    dead_letters::{
        DeadLetter,
        dlq_client::{DeadLetterFilter, DlqClient},
    },
    eventbridge::EventBridgeBus,
    sqs::{QueueError, ReceivedDeadLetter, SqsDeadLetters},
};
use clap::Args;
use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use crate::{connection::Connection, error_hint::sdk_error};

/// The queues to read, and how much of them.
#[derive(Args, Clone, Debug)]
pub struct Queues {
    /// Only queues with this text in their names [without it: all dead-letter queues of the stack]
    #[arg(long, value_name = "TEXT", global = true)]
    pub queue: Option<String>,
    /// The maximum number of dead letters to read from each queue.
    #[arg(long, value_name = "NUMBER", default_value = "1000", global = true)]
    pub most: NonZero<usize>,
    /// The bus for dead letters that do not name one.
    #[arg(long, value_name = "NAME", default_value = "causeway", global = true)]
    pub bus: String,
}

/// Names of dead-letter queues contain one of these, in lower case and without punctuation.
const NAMES: [&str; 2] = ["deadletter", "dlq"];

pub(super) struct DeadLetterQueue {
    pub(super) name: String,
    pub(super) client: DlqClient,
    /// The maximum number of dead letters that the client reads.
    pub(super) most: usize,
}

pub(super) struct Found<'q> {
    pub(super) queue: &'q DeadLetterQueue,
    pub(super) received: ReceivedDeadLetter,
}

/// Dead letters of several queues.
pub(super) struct Findings<'q> {
    /// The oldest first.
    pub(super) dead_letters: Vec<Found<'q>>,
    /// The names of queues that may have more than were read.
    pub(super) incomplete: Vec<&'q str>,
}

/// A dead letter as JSON. The message stays the text that it is: not every JSON text is a `Value`.
#[derive(Serialize)]
pub(super) struct FoundJson<'f> {
    queue: &'f str,
    id: &'f str,
    letter: &'f DeadLetter,
}

/// The dead-letter queues of the stack that fit the options.
pub(super) async fn queues(connection: &Connection, args: &Queues) -> anyhow::Result<Vec<DeadLetterQueue>> {
    let client = Client::new(&connection.sdk);
    let bus = EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&connection.sdk), &args.bus);
    let urls = urls(&client, connection).await?;
    let fits = |name: &str| args.queue.as_ref().is_none_or(|text| name.to_lowercase().contains(&text.to_lowercase()));
    let most = args.most.get();
    let known: Vec<&str> = urls.iter().map(|url| name_of(url)).collect();
    let fitting = urls.iter().filter(|url| fits(name_of(url))).map(|url| DeadLetterQueue {
        name: name_of(url).to_owned(),
        client: DlqClient::new(SqsDeadLetters::new(client.clone(), url), bus.clone(), most),
        most,
    });
    let fitting: Vec<DeadLetterQueue> = fitting.collect();
    match (fitting.is_empty(), &args.queue) {
        (false, _) => Ok(fitting),
        (true, Some(text)) if !known.is_empty() => {
            bail!("no dead-letter queue of the stack has {text:?} in its name; there are {}", known.join(", "))
        }
        (true, _) => {
            bail!("no dead-letter queue has a name like {}…: give the name of the stack with --stack", connection.stack)
        }
    }
}

/// The dead letters that fit the filter. They all stay in their queues.
pub(super) async fn find<'q>(
    queues: &'q [DeadLetterQueue],
    filter: &DeadLetterFilter,
) -> Result<Findings<'q>, QueueError> {
    let all = DeadLetterFilter::default();
    // An error in one does not cancel the others: a cancelled client would leave its dead letters invisible.
    let lists = join_all(queues.iter().map(async |queue| Ok((queue, queue.client.list(&all).await?)))).await;
    let lists = lists.into_iter().collect::<Result<Vec<_>, QueueError>>()?;
    let incomplete = lists.iter().filter(|(queue, list)| list.len() >= queue.most);
    let incomplete = incomplete.map(|(queue, _)| queue.name.as_str()).collect();
    let found =
        lists.into_iter().flat_map(|(queue, list)| list.into_iter().map(move |received| Found { queue, received }));
    let mut dead_letters: Vec<Found<'q>> = found.filter(|found| found.fits(filter)).collect();
    dead_letters.sort_by(|one, other| {
        (one.received.letter.at, &one.received.id).cmp(&(other.received.letter.at, &other.received.id))
    });
    Ok(Findings { dead_letters, incomplete })
}

impl Found<'_> {
    /// The dead letter as it is printed with --json.
    pub(super) fn json(&self) -> FoundJson<'_> {
        FoundJson { queue: &self.queue.name, id: &self.received.id, letter: &self.received.letter }
    }

    fn fits(&self, filter: &DeadLetterFilter) -> bool {
        filter.reason.as_ref().is_none_or(|reason| *reason == self.received.letter.reason)
            && filter.id.as_ref().is_none_or(|id| *id == self.received.id)
    }
}

async fn urls(client: &Client, connection: &Connection) -> anyhow::Result<Vec<String>> {
    let pages = client.list_queues().queue_name_prefix(&connection.stack).max_results(1000).into_paginator();
    let all: Result<Vec<String>, _> = pages.items().send().collect().await;
    let all = all.map_err(|error| sdk_error(connection, error))?;
    let (mut urls, others): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|url| is_dead_letter_name(name_of(url)));
    let targets = redrive_targets(client, connection, &others).await?;
    urls.extend(others.into_iter().filter(|url| targets.contains(name_of(url))));
    urls.sort();
    Ok(urls)
}

/// The names of the dead-letter queues in the redrive policies of these queues.
async fn redrive_targets(
    client: &Client,
    connection: &Connection,
    urls: &[String],
) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for url in urls {
        let request = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::RedrivePolicy);
        let response = request.send().await.map_err(|error| sdk_error(connection, error))?;
        let policy = response.attributes.and_then(|mut all| all.remove(&QueueAttributeName::RedrivePolicy));
        let policy = policy.and_then(|policy| serde_json::from_str::<Value>(&policy).ok());
        let target = policy.as_ref().and_then(|policy| policy.get("deadLetterTargetArn")).and_then(Value::as_str);
        names.extend(target.and_then(|arn| arn.rsplit(':').next()).map(str::to_owned));
    }
    Ok(names)
}

fn is_dead_letter_name(name: &str) -> bool {
    let plain: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    NAMES.iter().any(|word| plain.contains(word))
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letter_queues_are_recognised_by_their_names() {
        for name in ["causeway-OrderDeadLetters-1ABC", "causeway-orders-dlq", "causeway_Dead_Letter_Queue"] {
            assert!(is_dead_letter_name(name), "{name}");
        }
        assert!(!is_dead_letter_name("causeway-Orders"));
        assert_eq!(name_of("http://127.0.0.1:4566/000000000000/causeway-dlq"), "causeway-dlq");
    }
}
