//! Which queues of the stack hold dead letters: those that are named so, and those that another queue of the stack
//! gives its messages up to.

use std::collections::BTreeSet;

use anyhow::bail;
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use causeway_aws::{
    dead_letters::{
        DeadLetter as Letter,
        dlq_client::{DeadLetterFilter as Pick, DlqClient},
    },
    eventbridge::EventBridgeBus,
    sqs::{QueueError, ReceivedDeadLetter as Held, SqsDeadLetters},
};
use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use super::Queues;
use crate::{connection::Connection, error_hint::sdk_error};

/// How queues of dead letters are named, in small letters and without signs.
const NAMES: [&str; 2] = ["deadletter", "dlq"];

/// A queue of dead letters with its desk.
pub(super) struct Desk {
    /// The queue's name.
    pub(super) queue: String,
    /// The desk.
    pub(super) desk: DlqClient,
    /// So many letters are taken in hand.
    pub(super) most: usize,
}

/// A letter and its queue.
pub(super) struct Found<'d> {
    /// Where it lies.
    pub(super) desk: &'d Desk,
    /// The letter.
    pub(super) held: Held,
}

/// Letters of several queues.
pub(super) struct Findings<'d> {
    /// The letters, the oldest first.
    pub(super) letters: Vec<Found<'d>>,
    /// Queues that may hold more than was taken in hand.
    pub(super) cut: Vec<&'d str>,
}

/// The desks of all queues that are wanted.
pub(super) async fn desks(connection: &Connection, args: &Queues) -> anyhow::Result<Vec<Desk>> {
    let client = Client::new(&connection.sdk);
    let bus = EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&connection.sdk), &args.bus);
    let urls = urls(&client, connection).await?;
    let holds = |name: &str| args.queue.as_ref().is_none_or(|word| name.to_lowercase().contains(&word.to_lowercase()));
    let most = args.most.get();
    let known: Vec<&str> = urls.iter().map(|url| name_of(url)).collect();
    let desks: Vec<Desk> = urls
        .iter()
        .filter(|url| holds(name_of(url)))
        .map(|url| Desk {
            queue: name_of(url).to_owned(),
            desk: DlqClient::new(SqsDeadLetters::new(client.clone(), url), bus.clone(), most),
            most,
        })
        .collect();
    match (desks.is_empty(), &args.queue) {
        (false, _) => Ok(desks),
        (true, Some(word)) if !known.is_empty() => {
            bail!("no dead-letter queue of the stack has {word:?} in its name; there are {}", known.join(", "))
        }
        (true, _) => {
            bail!("no dead-letter queue is named {}…: is the stack's name another one (--stack)?", connection.stack)
        }
    }
}

/// The letters that are wanted, of all desks. All stay.
pub(super) async fn letters<'d>(desks: &'d [Desk], pick: &Pick) -> Result<Findings<'d>, QueueError> {
    let everything = Pick::default();
    // All come to their end, also when one fails: whoever is stopped in the middle gives nothing back.
    let read = join_all(desks.iter().map(async |desk| Ok((desk, desk.desk.list(&everything).await?)))).await;
    let read = read.into_iter().collect::<Result<Vec<_>, QueueError>>()?;
    let cut = read.iter().filter(|(desk, held)| held.len() >= desk.most).map(|(desk, _)| desk.queue.as_str()).collect();
    let letters = read.into_iter().flat_map(|(desk, held)| held.into_iter().map(move |held| Found { desk, held }));
    let mut letters: Vec<Found<'d>> = letters.filter(|found| found.is_picked(pick)).collect();
    letters.sort_by(|one, other| (one.held.letter.at, &one.held.id).cmp(&(other.held.letter.at, &other.held.id)));
    Ok(Findings { letters, cut })
}

/// A dead letter as JSON. The message stays the text that it is: not every JSON text is a `Value`.
#[derive(Serialize)]
pub(super) struct FoundJson<'f> {
    queue: &'f str,
    id: &'f str,
    letter: &'f Letter,
}

impl Found<'_> {
    /// The dead letter as it is printed with --json.
    pub(super) fn json(&self) -> FoundJson<'_> {
        FoundJson { queue: &self.desk.queue, id: &self.held.id, letter: &self.held.letter }
    }

    fn is_picked(&self, pick: &Pick) -> bool {
        pick.reason.as_ref().is_none_or(|reason| *reason == self.held.letter.reason)
            && pick.id.as_ref().is_none_or(|id| *id == self.held.id)
    }
}

async fn urls(client: &Client, connection: &Connection) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    let mut page = None;
    loop {
        let call = client.list_queues().queue_name_prefix(&connection.stack).max_results(1000).set_next_token(page);
        let listed = call.send().await.map_err(|error| sdk_error(connection, error))?;
        all.extend(listed.queue_urls.unwrap_or_default());
        page = listed.next_token;
        if page.is_none() {
            break;
        }
    }
    let (mut letters, others): (Vec<String>, Vec<String>) = all.into_iter().partition(|url| is_named_so(name_of(url)));
    let given_up_to = given_up_to(client, connection, &others).await?;
    letters.extend(others.into_iter().filter(|url| given_up_to.contains(name_of(url))));
    letters.sort();
    Ok(letters)
}

/// The names of the queues to which these give up what nobody could handle.
async fn given_up_to(client: &Client, connection: &Connection, urls: &[String]) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for url in urls {
        let call = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::RedrivePolicy);
        let answer = call.send().await.map_err(|error| sdk_error(connection, error))?;
        let policy = answer.attributes.and_then(|mut all| all.remove(&QueueAttributeName::RedrivePolicy));
        let policy = policy.and_then(|policy| serde_json::from_str::<Value>(&policy).ok());
        let target = policy.as_ref().and_then(|policy| policy.get("deadLetterTargetArn")).and_then(Value::as_str);
        names.extend(target.and_then(|arn| arn.rsplit(':').next()).map(str::to_owned));
    }
    Ok(names)
}

fn is_named_so(name: &str) -> bool {
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
    fn queues_of_dead_letters_are_known_by_their_names() {
        for name in ["causeway-OrderDeadLetters-1ABC", "causeway-orders-dlq", "causeway_Dead_Letter_Queue"] {
            assert!(is_named_so(name), "{name}");
        }
        assert!(!is_named_so("causeway-Orders"));
        assert_eq!(name_of("http://127.0.0.1:4566/000000000000/causeway-dlq"), "causeway-dlq");
    }
}
