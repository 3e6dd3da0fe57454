//! The dead letters of all queues: each named, explained by a kill or not, and put back.

use std::fmt;

use causeway_aws::{
    dead_letters::{
        Content, DeadLetter, Origin,
        dlq_client::{DeadLetterFilter, DlqClient, RedriveOutcome},
    },
    sqs::SqsDeadLetters,
};

use super::client::Client;

/// So many letters of a queue are taken in hand.
const MOST: usize = 1_000;

/// A function whose process ended under it, as Lambda says it.
const KILLED: &str = "Runtime.ExitError";

/// A letter and where it lies.
pub(super) struct Found {
    queue: String,
    letter: DeadLetter,
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeadLetter { reason, explanation, attempts, origin, content, .. } = &self.letter;
        let by = match origin {
            Origin::Rule { rule_arn, .. } => rule_arn,
            Origin::Function { function_arn } => function_arn,
            Origin::Timer { schedule_arn } => schedule_arn,
            Origin::Kept { consumer } => consumer,
            Origin::Unknown => "nobody known",
        };
        let what = match content {
            Content::Message(delivery) => &delivery.detail_type,
            Content::Unreadable { why, .. } => why,
        };
        let (queue, tries) = (self.queue.rsplit('/').next().unwrap_or_default(), attempts.unwrap_or_default());
        write!(formatter, "{what} in {queue} by {by} after {tries} tries: {reason}: {explanation}")
    }
}

/// All letters of all queues; all stay.
pub(super) async fn read(client: &Client) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    for (queue, desk) in desks(client).await? {
        let letters = desk.list(&DeadLetterFilter::default()).await?;
        found.extend(letters.into_iter().map(|held| Found { queue: queue.clone(), letter: held.letter }));
    }
    Ok(found)
}

/// The letters that no kill explains.
pub(super) fn unexplained(found: &[Found]) -> Vec<String> {
    let others = found.iter().filter(|found| found.letter.reason != KILLED);
    others.map(ToString::to_string).collect()
}

/// Puts all letters back on the bus, and says which stay.
pub(super) async fn redrive(client: &Client) -> anyhow::Result<Vec<String>> {
    let mut stay = Vec::new();
    for (queue, desk) in desks(client).await? {
        for (held, redriven) in desk.redrive(&DeadLetterFilter::default()).await? {
            if redriven != RedriveOutcome::Done {
                let found = Found { queue: queue.clone(), letter: held.letter };
                stay.push(format!("{found}: {redriven:?}"));
            }
        }
    }
    Ok(stay)
}

async fn desks(client: &Client) -> anyhow::Result<Vec<(String, DlqClient)>> {
    let queues = client.queues.list_queues().send().await?.queue_urls.unwrap_or_default();
    let desk = |url: String| {
        let queue = SqsDeadLetters::new(client.queues.clone(), &url);
        (url, DlqClient::new(queue, client.bus.clone(), MOST))
    };
    Ok(queues.into_iter().map(desk).collect())
}
