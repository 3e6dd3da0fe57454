//! The dead letters of all queues: listed, explained by a kill or not, and redriven.

use std::fmt;

use causeway_aws::{
    dead_letters::{
        Content, DeadLetter, Origin,
        dlq_client::{DeadLetterFilter, DlqClient, RedriveOutcome},
    },
    sqs::SqsDeadLetters,
};

use super::client::Client;

/// The most dead letters of a queue that are read.
const LIMIT: usize = 1_000;

/// The error type of Lambda when the process of a function ended during an invocation.
const KILLED: &str = "Runtime.ExitError";

/// A dead letter and its queue.
pub(super) struct FoundDeadLetter {
    queue: String,
    letter: DeadLetter,
}

impl fmt::Display for FoundDeadLetter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeadLetter { reason, explanation, attempts, origin, content, .. } = &self.letter;
        let by = match origin {
            Origin::Rule { rule_arn, .. } => rule_arn,
            Origin::Function { function_arn } => function_arn,
            Origin::Timer { schedule_arn } => schedule_arn,
            Origin::Kept { consumer } => consumer,
            Origin::Unknown => "unknown",
        };
        let what = match content {
            Content::Message(delivery) => &delivery.detail_type,
            Content::Unreadable { why, .. } => why,
        };
        let (queue, attempts) = (self.queue.rsplit('/').next().unwrap_or_default(), attempts.unwrap_or_default());
        write!(formatter, "{what} in {queue} by {by} after {attempts} attempts: {reason}: {explanation}")
    }
}

/// Reads the dead letters of all queues, and deletes none.
pub(super) async fn read(client: &Client) -> anyhow::Result<Vec<FoundDeadLetter>> {
    let mut found = Vec::new();
    for (queue, dlq) in clients(client).await? {
        let letters = dlq.list(&DeadLetterFilter::default()).await?;
        found.extend(letters.into_iter().map(|held| FoundDeadLetter { queue: queue.clone(), letter: held.letter }));
    }
    Ok(found)
}

/// The dead letters that no kill explains.
pub(super) fn unexplained(found: &[FoundDeadLetter]) -> Vec<String> {
    let others = found.iter().filter(|found| found.letter.reason != KILLED);
    others.map(ToString::to_string).collect()
}

/// Redrives all dead letters, and returns those that could not be redriven.
pub(super) async fn redrive(client: &Client) -> anyhow::Result<Vec<String>> {
    let mut failed = Vec::new();
    for (queue, dlq) in clients(client).await? {
        for (held, redriven) in dlq.redrive(&DeadLetterFilter::default()).await? {
            if redriven != RedriveOutcome::Done {
                let found = FoundDeadLetter { queue: queue.clone(), letter: held.letter };
                failed.push(format!("{found}: {redriven:?}"));
            }
        }
    }
    Ok(failed)
}

async fn clients(client: &Client) -> anyhow::Result<Vec<(String, DlqClient)>> {
    let queues = client.queues.list_queues().send().await?.queue_urls.unwrap_or_default();
    let dlq = |url: String| {
        let queue = SqsDeadLetters::new(client.queues.clone(), &url);
        (url, DlqClient::new(queue, client.bus.clone(), LIMIT))
    };
    Ok(queues.into_iter().map(dlq).collect())
}
