//! Publishes messages: at most ten and below a megabyte per request, with one result per entry, and with retries of
//! those that failed for a transient reason. Counts and prints the results.

use std::{
    fmt::Display,
    io::IsTerminal,
    time::{Duration, Instant},
};

use aws_sdk_eventbridge::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::PutEventsResultEntry,
};
use causeway::Backoff;
use causeway_aws::clock::OsIds;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::message::Message;
use crate::{
    connection::Connection,
    error_hint::sdk_error,
    output::{Output, note},
};

/// The maximum number of entries of a `PutEvents`.
pub(super) const MAX_ENTRIES: usize = 10;

/// The size limit of a `PutEvents`, in bytes.
const MAX_BYTES: usize = 1_000_000;

/// The error codes of an entry or a request that is worth a retry.
const TRANSIENT: [&str; 5] =
    ["ThrottlingException", "InternalFailure", "InternalException", "InternalServerError", "ServiceUnavailable"];

const RETRY_POLICY: Backoff =
    Backoff { first: SignedDuration::from_millis(200), most: SignedDuration::from_secs(5), tries: 6 };

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PutResult {
    /// With the id that the bus gave it.
    Accepted(String),
    Rejected {
        code: String,
        message: String,
    },
}

enum Response {
    Entries(Vec<PutEventsResultEntry>),
    /// The request failed because of its entries.
    Rejected(PutResult),
}

/// How many of these fit into one request; at least one.
pub(super) fn fitting(messages: &[Message]) -> usize {
    let mut filled = 0;
    let fit = messages.iter().take(MAX_ENTRIES).take_while(|message| {
        filled += message.entry.bytes();
        filled < MAX_BYTES
    });
    fit.count().max(1)
}

/// Publishes messages that fit into one request, with retries. Only a request that cannot be sent or authorised is an error.
pub(super) async fn put(
    client: &Client,
    connection: &Connection,
    messages: &[Message],
) -> anyhow::Result<Vec<PutResult>> {
    let mut answers: Vec<Option<PutResult>> = vec![None; messages.len()];
    let mut waiting: Vec<usize> = (0..messages.len()).collect();
    for retry in 0.. {
        let responses = put_once(client, connection, messages, &waiting).await?;
        let delay = RETRY_POLICY.delay(retry, &OsIds);
        let mut again = Vec::new();
        for (place, answer) in waiting.into_iter().zip(responses) {
            match answer {
                PutResult::Rejected { code, .. } if delay.is_some() && TRANSIENT.contains(&code.as_str()) => {
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
) -> anyhow::Result<Vec<PutResult>> {
    match call(client, connection, messages, places).await? {
        Response::Entries(results) => {
            Ok((0..places.len()).map(|place| results.get(place).map_or_else(unanswered, answer)).collect())
        }
        Response::Rejected(refusal) if places.len() == 1 => Ok(vec![refusal]),
        // One invalid entry can fail the whole request, so each is published alone.
        Response::Rejected(_) => {
            let mut answers = Vec::with_capacity(places.len());
            for place in places {
                answers.push(match call(client, connection, messages, &[*place]).await? {
                    Response::Entries(results) => results.first().map_or_else(unanswered, answer),
                    Response::Rejected(refusal) => refusal,
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
) -> anyhow::Result<Response> {
    let entries = places.iter().filter_map(|place| messages.get(*place)).map(|message| message.entry.request());
    match client.put_events().set_entries(Some(entries.collect())).send().await {
        Ok(output) => Ok(Response::Entries(output.entries.unwrap_or_default())),
        Err(SdkError::ServiceError(service)) if is_about_entries(service.err().code()) => {
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            let (code, message) = (text(service.err().code()), text(service.err().message()));
            Ok(Response::Rejected(PutResult::Rejected { code, message }))
        }
        Err(error) => Err(sdk_error(connection, error)),
    }
}

/// Not an error of credentials or permissions.
fn is_about_entries(code: Option<&str>) -> bool {
    let code = code.unwrap_or_default();
    let about_callers = ["AccessDenied", "UnrecognizedClient", "ExpiredToken", "InvalidSignature", "MissingAuth"];
    !code.is_empty() && !about_callers.iter().any(|word| code.starts_with(word))
}

fn answer(result: &PutEventsResultEntry) -> PutResult {
    match (result.event_id(), result.error_code()) {
        (_, Some(code)) => {
            let message = result.error_message().unwrap_or_default().to_owned();
            PutResult::Rejected { code: code.to_owned(), message }
        }
        (Some(id), None) => PutResult::Accepted(id.to_owned()),
        (None, None) => unanswered(),
    }
}

fn unanswered() -> PutResult {
    let message = "the response has no result for it".to_owned();
    PutResult::Rejected { code: "InternalFailure".to_owned(), message }
}

/// The number of messages that text lists one by one.
const MAX_LISTED: u64 = 20;

const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);

/// Counts and prints the results.
pub(super) struct Tally {
    started: Instant,
    accepted: u64,
    rejected: u64,
    first: Option<String>,
    reported: Instant,
}

impl Tally {
    pub(super) fn start() -> Self {
        let started = Instant::now();
        Self { started, accepted: 0, rejected: 0, first: None, reported: started }
    }

    pub(super) fn all_accepted(&self) -> bool {
        self.rejected == 0
    }

    /// Waits until the next message may be published at this rate per second.
    pub(super) async fn keep_to(&self, rate: Option<u32>) {
        if let Some(rate) = rate {
            let due = Duration::from_secs_f64((self.accepted + self.rejected) as f64 / f64::from(rate));
            tokio::time::sleep(due.saturating_sub(self.started.elapsed())).await;
        }
    }

    pub(super) fn show(
        &mut self,
        message: &Message,
        result: &PutResult,
        output: &mut Output<'_>,
    ) -> anyhow::Result<()> {
        let name = message.entry.detail_type.as_deref().unwrap_or("an entry without DetailType");
        let id = message.id.as_deref();
        match result {
            PutResult::Accepted(event_id) => {
                self.accepted += 1;
                self.first = self.first.take().or_else(|| message.correlation.clone());
                let line = format!("put {name} {}", id.unwrap_or(event_id));
                let value = json!({ "number": message.number, "detailType": name, "messageId": id,
                    "correlationId": message.correlation, "eventId": event_id, "outcome": "accepted" });
                self.line(message.number, line, &value, output)
            }
            PutResult::Rejected { code, message: reason } => {
                self.rejected += 1;
                let line = format!("rejected: {name} (number {}): {code}: {reason}", message.number);
                let value = json!({ "number": message.number, "detailType": name, "messageId": id,
                    "outcome": "rejected", "code": code, "message": reason });
                Ok(output.show(line, &value)?)
            }
        }
    }

    fn line(&self, number: u64, line: impl Display, value: &Value, output: &mut Output<'_>) -> anyhow::Result<()> {
        if output.is_json() || number <= MAX_LISTED {
            output.show(line, value)?;
        } else if number == MAX_LISTED + 1 {
            output.say("… and so on; --json lists all")?;
        }
        Ok(())
    }

    /// Prints the progress, if the standard error is a terminal.
    pub(super) fn report(&mut self, all: u64) -> anyhow::Result<()> {
        if self.reported.elapsed() >= PROGRESS_INTERVAL && std::io::stderr().is_terminal() {
            self.reported = Instant::now();
            note(self.so_far(all))?;
        }
        Ok(())
    }

    /// Adds the progress to an error that ends it.
    pub(super) fn with_progress(&self, all: u64, error: anyhow::Error) -> anyhow::Error {
        if self.accepted + self.rejected == 0 { error } else { error.context(self.so_far(all)) }
    }

    fn so_far(&self, all: u64) -> String {
        format!("{} of {all} accepted, {} rejected", self.accepted, self.rejected)
    }

    pub(super) fn sum_up(&self, output: &mut Output<'_>) -> anyhow::Result<()> {
        let Self { started, accepted, rejected, .. } = self;
        let seconds = started.elapsed().as_secs_f64();
        if accepted + rejected > 1 {
            output.say(format_args!("{accepted} accepted and {rejected} rejected in {seconds:.1} s"))?;
        }
        match &self.first {
            Some(id) if *accepted == 1 => output.say(format_args!("all that it causes: causeway trace {id}"))?,
            _ => {}
        }
        Ok(())
    }
}
