//! The dead letters on SQS: kept with their reason, read again, taken away.
//! A letter that is read stays hidden for a while and comes back by itself if nobody takes it away.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName},
};
use causeway::{
    delivery::dead_letter::{DeadLetter, DeadLetterError, DeadLetters},
    failure::{BoxError, causes},
};
use jiff::Timestamp;
use tracing::warn;

use crate::dead_letters::Letter;

/// How long a letter that is read stays hidden, in seconds.
const HIDDEN: i32 = 300;

/// The most letters one call reads.
const MOST_AT_ONCE: i32 = 10;

/// A queue of dead letters.
#[derive(Clone, Debug)]
pub struct SqsDeadLetters {
    client: Client,
    queue_url: String,
}

/// A letter in hand: hidden in the queue until it is taken away or given back.
#[derive(Clone, Debug)]
pub struct Held {
    /// The queue's id of the letter.
    pub id: String,
    /// The letter.
    pub letter: Letter,
    receipt: String,
}

/// A queue that did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the dead-letter queue was not {what}")]
pub struct QueueError {
    /// What was attempted.
    pub what: &'static str,
    /// Why it failed.
    #[source]
    pub source: BoxError,
}

impl SqsDeadLetters {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }

    /// Takes at most this many letters in hand, until the queue shows no more.
    pub async fn take(&self, most: usize) -> Result<Vec<Held>, QueueError> {
        let mut held: BTreeMap<String, Held> = BTreeMap::new();
        while held.len() < most {
            let missing = i32::try_from(most - held.len()).unwrap_or(MOST_AT_ONCE);
            let call = self
                .client
                .receive_message()
                .queue_url(&self.queue_url)
                .max_number_of_messages(missing.min(MOST_AT_ONCE))
                .visibility_timeout(HIDDEN)
                // A long poll asks all servers, so that an empty answer means an empty queue.
                .wait_time_seconds(1)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
            let answer = call.send().await.map_err(|error| failed("read", error))?;
            let messages = answer.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            // A letter may come twice; only its latest receipt takes it away.
            held.extend(messages.iter().map(hold).map(|letter| (letter.id.clone(), letter)));
        }
        Ok(held.into_values().collect())
    }

    /// Takes the letter away for good.
    pub async fn remove(&self, held: &Held) -> Result<(), QueueError> {
        let call = self.client.delete_message().queue_url(&self.queue_url).receipt_handle(&held.receipt);
        call.send().await.map(|_| ()).map_err(|error| failed("changed", error))
    }

    /// Gives the letters back at once. One that is not given back comes back by itself, only later.
    pub async fn give_back<'a>(&self, letters: impl IntoIterator<Item = &'a Held>) {
        for held in letters {
            let call = self.client.change_message_visibility().queue_url(&self.queue_url);
            if let Err(error) = call.receipt_handle(&held.receipt).visibility_timeout(0).send().await {
                warn!(letter = held.id, error = causes(&error), "not given back");
            }
        }
    }
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let not_kept = |source: BoxError| DeadLetterError { consumer: letter.consumer.clone(), source };
        let body = serde_json::to_string(letter).map_err(|error| not_kept(error.into()))?;
        let call = self.client.send_message().queue_url(&self.queue_url).message_body(acceptable(&body));
        call.send().await.map(|_| ()).map_err(|error| not_kept(error.into()))
    }
}

/// The queue refuses two letters that JSON allows; inside a JSON text they can be written as escapes.
fn acceptable(body: &str) -> String {
    body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

fn hold(message: &Message) -> Held {
    let attributes = message.message_attributes.iter().flatten();
    let attributes = attributes.filter_map(|(name, value)| Some((name.clone(), value.string_value.clone()?))).collect();
    let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let sent = sent.and_then(|millis| Timestamp::from_millisecond(millis.parse().ok()?).ok());
    Held {
        id: message.message_id.clone().unwrap_or_default(),
        letter: Letter::read(message.body.as_deref().unwrap_or_default(), &attributes, sent),
        receipt: message.receipt_handle.clone().unwrap_or_default(),
    }
}

fn failed(what: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> QueueError {
    QueueError { what, source: error.into() }
}

#[cfg(test)]
mod tests;
