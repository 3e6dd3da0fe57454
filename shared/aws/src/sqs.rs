//! Dead letters on SQS: sends them with their reason, receives and deletes them.
//! A received message is hidden for the visibility timeout and becomes visible again if it is not deleted.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName},
};
use causeway::{
    delivery::dead_letter::{DeadLetter as OwnDeadLetter, DeadLetterError, DeadLetters},
    failure::{BoxError, causes},
};
use jiff::Timestamp;
use tracing::warn;

use crate::dead_letters::DeadLetter;

/// The visibility timeout of a received message, in seconds.
const VISIBILITY_TIMEOUT: i32 = 300;

/// The most messages that one `ReceiveMessage` returns.
const MAX_PER_CALL: i32 = 10;

/// A dead-letter queue.
#[derive(Clone, Debug)]
pub struct SqsDeadLetters {
    client: Client,
    queue_url: String,
}

/// A dead letter that was received: it is hidden in the queue until it is deleted or released.
#[derive(Clone, Debug)]
pub struct ReceivedDeadLetter {
    /// The SQS message id.
    pub id: String,
    /// The dead letter.
    pub letter: DeadLetter,
    receipt_handle: String,
}

/// A call to the queue that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} the dead-letter queue")]
pub struct QueueError {
    /// What was attempted: `read` or `change`.
    pub operation: &'static str,
    /// Why it failed.
    #[source]
    pub source: BoxError,
}

impl SqsDeadLetters {
    /// The queue at this URL.
    pub fn new(client: Client, queue_url: impl Into<String>) -> Self {
        Self { client, queue_url: queue_url.into() }
    }

    /// Receives messages until the queue shows no more or there are `limit`.
    pub async fn receive(&self, limit: usize) -> Result<Vec<ReceivedDeadLetter>, QueueError> {
        let mut received: BTreeMap<String, ReceivedDeadLetter> = BTreeMap::new();
        while received.len() < limit {
            let missing = i32::try_from(limit - received.len()).unwrap_or(MAX_PER_CALL);
            let call = self
                .client
                .receive_message()
                .queue_url(&self.queue_url)
                .max_number_of_messages(missing.min(MAX_PER_CALL))
                .visibility_timeout(VISIBILITY_TIMEOUT)
                // A long poll asks all servers, so an empty response means an empty queue.
                .wait_time_seconds(1)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
            let answer = call.send().await.map_err(|error| failed("read", error))?;
            let messages = answer.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            // A message may be delivered twice; only its latest receipt handle deletes it.
            received.extend(messages.iter().map(read_message).map(|letter| (letter.id.clone(), letter)));
        }
        Ok(received.into_values().collect())
    }

    /// Deletes the message.
    pub async fn delete(&self, received: &ReceivedDeadLetter) -> Result<(), QueueError> {
        let call = self.client.delete_message().queue_url(&self.queue_url).receipt_handle(&received.receipt_handle);
        call.send().await.map(|_| ()).map_err(|error| failed("change", error))
    }

    /// Makes the messages visible again at once. If that fails, they become visible after the visibility timeout.
    pub async fn release<'a>(&self, letters: impl IntoIterator<Item = &'a ReceivedDeadLetter>) {
        for received in letters {
            let call = self.client.change_message_visibility().queue_url(&self.queue_url);
            if let Err(error) = call.receipt_handle(&received.receipt_handle).visibility_timeout(0).send().await {
                warn!(message_id = received.id, error = causes(&error), "cannot release the message");
            }
        }
    }
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    async fn keep(&self, letter: &OwnDeadLetter) -> Result<(), DeadLetterError> {
        let not_kept = |source: BoxError| DeadLetterError { consumer: letter.consumer.clone(), source };
        let body = serde_json::to_string(letter).map_err(|error| not_kept(error.into()))?;
        let call = self.client.send_message().queue_url(&self.queue_url).message_body(escape_noncharacters(&body));
        call.send().await.map(|_| ()).map_err(|error| not_kept(error.into()))
    }
}

/// SQS refuses two characters that JSON allows; in JSON text they can be written as escapes.
fn escape_noncharacters(body: &str) -> String {
    body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

fn read_message(message: &Message) -> ReceivedDeadLetter {
    let attributes = message.message_attributes.iter().flatten();
    let attributes = attributes.filter_map(|(name, value)| Some((name.clone(), value.string_value.clone()?))).collect();
    let sent = message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let sent = sent.and_then(|millis| Timestamp::from_millisecond(millis.parse().ok()?).ok());
    ReceivedDeadLetter {
        id: message.message_id.clone().unwrap_or_default(),
        letter: DeadLetter::read(message.body.as_deref().unwrap_or_default(), &attributes, sent),
        receipt_handle: message.receipt_handle.clone().unwrap_or_default(),
    }
}

fn failed(operation: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> QueueError {
    QueueError { operation, source: error.into() }
}

#[cfg(test)]
mod tests;
