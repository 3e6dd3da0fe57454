//! Puts messages on their bus: at most ten and below a megabyte in a call, each answer read by itself, what may be
//! taken later put again after a while.

use std::time::Duration;

use aws_sdk_eventbridge::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::PutEventsResultEntry,
};
use causeway::Backoff;
use causeway_aws::clock::OsIds;
use jiff::SignedDuration;

use super::message::Message;
use crate::{connection::Connection, error_hint::sdk_error};

/// Entries of one call.
pub(super) const MOST_ENTRIES: usize = 10;

/// A call must stay below this, in bytes.
const TOO_MANY_BYTES: usize = 1_000_000;

/// The codes of an entry or a call that may be taken when it is put again.
const PASSING: [&str; 5] =
    ["ThrottlingException", "InternalFailure", "InternalException", "InternalServerError", "ServiceUnavailable"];

/// How long a message that is not taken is put again.
const PATIENCE: Backoff =
    Backoff { first: SignedDuration::from_millis(200), most: SignedDuration::from_secs(5), tries: 6 };

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The bus has it, under this id.
    Taken(String),
    /// The bus does not take it.
    Refused { code: String, message: String },
}

/// The bus's word on a call as a whole.
enum Call {
    Answered(Vec<PutEventsResultEntry>),
    /// Refused for what it holds.
    Refused(Answer),
}

/// How many of these fit into one call; at least one.
pub(super) fn fitting(messages: &[Message]) -> usize {
    let mut filled = 0;
    let fit = messages.iter().take(MOST_ENTRIES).take_while(|message| {
        filled += message.entry.bytes();
        filled < TOO_MANY_BYTES
    });
    fit.count().max(1)
}

/// Puts what fits into one call, and answers one by one. Nothing but an unreachable place is an error.
pub(super) async fn put(client: &Client, connection: &Connection, messages: &[Message]) -> anyhow::Result<Vec<Answer>> {
    let mut answers: Vec<Option<Answer>> = vec![None; messages.len()];
    let mut waiting: Vec<usize> = (0..messages.len()).collect();
    for retry in 0.. {
        let said = put_once(client, connection, messages, &waiting).await?;
        let delay = PATIENCE.delay(retry, &OsIds);
        let mut again = Vec::new();
        for (place, answer) in waiting.into_iter().zip(said) {
            match answer {
                Answer::Refused { code, .. } if delay.is_some() && PASSING.contains(&code.as_str()) => {
                    again.push(place)
                }
                answer => answers[place] = Some(answer),
            }
        }
        match delay {
            Some(delay) if !again.is_empty() => {
                waiting = again;
                tokio::time::sleep(Duration::try_from(delay).unwrap_or_default()).await;
            }
            _ => break,
        }
    }
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect())
}

async fn put_once(
    client: &Client,
    connection: &Connection,
    messages: &[Message],
    places: &[usize],
) -> anyhow::Result<Vec<Answer>> {
    match call(client, connection, messages, places).await? {
        Call::Answered(results) => {
            Ok((0..places.len()).map(|place| results.get(place).map_or_else(unanswered, answer)).collect())
        }
        Call::Refused(refusal) if places.len() == 1 => Ok(vec![refusal]),
        // One bad entry can refuse a whole call: each is put alone, so that the others are not lost with it.
        Call::Refused(_) => {
            let mut answers = Vec::with_capacity(places.len());
            for place in places {
                answers.push(match call(client, connection, messages, &[*place]).await? {
                    Call::Answered(results) => results.first().map_or_else(unanswered, answer),
                    Call::Refused(refusal) => refusal,
                });
            }
            Ok(answers)
        }
    }
}

async fn call(
    client: &Client,
    connection: &Connection,
    messages: &[Message],
    places: &[usize],
) -> anyhow::Result<Call> {
    let entries = places.iter().filter_map(|place| messages.get(*place)).map(|message| message.entry.request());
    match client.put_events().set_entries(Some(entries.collect())).send().await {
        Ok(output) => Ok(Call::Answered(output.entries.unwrap_or_default())),
        Err(SdkError::ServiceError(service)) if is_about_entries(service.err().code()) => {
            let text = |said: Option<&str>| said.unwrap_or_default().to_owned();
            let (code, message) = (text(service.err().code()), text(service.err().message()));
            Ok(Call::Refused(Answer::Refused { code, message }))
        }
        Err(error) => Err(sdk_error(connection, error)),
    }
}

/// Not about who calls.
fn is_about_entries(code: Option<&str>) -> bool {
    let code = code.unwrap_or_default();
    let about_callers = ["AccessDenied", "UnrecognizedClient", "ExpiredToken", "InvalidSignature", "MissingAuth"];
    !code.is_empty() && !about_callers.iter().any(|word| code.starts_with(word))
}

fn answer(result: &PutEventsResultEntry) -> Answer {
    match (result.event_id(), result.error_code()) {
        (_, Some(code)) => {
            let message = result.error_message().unwrap_or_default().to_owned();
            Answer::Refused { code: code.to_owned(), message }
        }
        (Some(id), None) => Answer::Taken(id.to_owned()),
        (None, None) => unanswered(),
    }
}

fn unanswered() -> Answer {
    let message = "the bus gave no answer for it".to_owned();
    Answer::Refused { code: "InternalFailure".to_owned(), message }
}
