//! How far a long put has come, and what people and machines are told of it.

use std::{
    fmt::Display,
    io::IsTerminal,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{message::Message, send::Answer};
use crate::output::{Output, note};

/// People are told of so many messages one by one.
const SHOWN: u64 = 20;

/// How often it is said how far it has come.
const BETWEEN_REPORTS: Duration = Duration::from_secs(2);

/// How it goes.
pub(super) struct Tally {
    begun: Instant,
    taken: u64,
    refused: u64,
    first: Option<String>,
    reported: Instant,
}

impl Tally {
    /// Nothing is put yet.
    pub(super) fn begin() -> Self {
        let begun = Instant::now();
        Self { begun, taken: 0, refused: 0, first: None, reported: begun }
    }

    /// Whether the bus refused nothing.
    pub(super) fn all_taken(&self) -> bool {
        self.refused == 0
    }

    /// Waits until the next message may go.
    pub(super) async fn keep_to(&self, rate: Option<u32>) {
        if let Some(rate) = rate {
            let due = Duration::from_secs_f64((self.taken + self.refused) as f64 / f64::from(rate));
            tokio::time::sleep(due.saturating_sub(self.begun.elapsed())).await;
        }
    }

    /// Counts an answer and tells it.
    pub(super) fn show(&mut self, message: &Message, answer: &Answer, output: &mut Output<'_>) -> anyhow::Result<()> {
        let name = message.entry.detail_type.as_deref().unwrap_or("an entry without DetailType");
        let id = message.id.as_deref();
        match answer {
            Answer::Taken(event_id) => {
                self.taken += 1;
                self.first = self.first.take().or_else(|| message.correlation.clone());
                let line = format!("put {name} {}", id.unwrap_or(event_id));
                let machines = json!({ "number": message.number, "detailType": name, "messageId": id,
                    "correlationId": message.correlation, "eventId": event_id, "outcome": "taken" });
                self.line(message.number, line, &machines, output)
            }
            Answer::Refused { code, message: reason } => {
                self.refused += 1;
                let line = format!("not taken: {name} (number {}): {code}: {reason}", message.number);
                let machines = json!({ "number": message.number, "detailType": name, "messageId": id,
                    "outcome": "refused", "code": code, "message": reason });
                Ok(output.show(line, &machines)?)
            }
        }
    }

    fn line(&self, number: u64, line: impl Display, machines: &Value, output: &mut Output<'_>) -> anyhow::Result<()> {
        if output.is_json() || number <= SHOWN {
            output.show(line, machines)?;
        } else if number == SHOWN + 1 {
            output.say("… and so on; --json names all")?;
        }
        Ok(())
    }

    /// Tells people how far it has come, where it does not disturb.
    pub(super) fn report(&mut self, all: u64) -> anyhow::Result<()> {
        if self.reported.elapsed() >= BETWEEN_REPORTS && std::io::stderr().is_terminal() {
            self.reported = Instant::now();
            note(self.so_far(all))?;
        }
        Ok(())
    }

    /// An error that ends it, with what was done before.
    pub(super) fn broken_off(&self, all: u64, error: anyhow::Error) -> anyhow::Error {
        if self.taken + self.refused == 0 { error } else { error.context(self.so_far(all)) }
    }

    fn so_far(&self, all: u64) -> String {
        format!("{} of {all} put, {} refused", self.taken, self.refused)
    }

    /// What is said at the end.
    pub(super) fn sum_up(&self, output: &mut Output<'_>) -> anyhow::Result<()> {
        let Self { begun, taken, refused, .. } = self;
        let seconds = begun.elapsed().as_secs_f64();
        if taken + refused > 1 {
            output.say(format_args!("{taken} put and {refused} refused in {seconds:.1} s"))?;
        }
        match &self.first {
            Some(id) if *taken == 1 => output.say(format_args!("what follows from it: causeway trace {id}"))?,
            _ => {}
        }
        Ok(())
    }
}
