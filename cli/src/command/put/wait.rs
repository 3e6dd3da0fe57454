//! Waits for the outcomes of commands, and prints them.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::bail;
use causeway::{
    Kind, MessageId,
    delivery::{CommandResult, Outcomes},
};
use jiff::Timestamp;

use super::message::Message;
use crate::{
    application::Application,
    connection::Connection,
    error_hint::with_hint,
    outcome_text::outcome_text,
    output::{Output, end_progress, progress},
};

/// The delays between two looks: the first, and the longest.
const FIRST_DELAY: Duration = Duration::from_millis(50);
const MAX_DELAY: Duration = Duration::from_secs(1);

/// The number of commands without an outcome that an error names.
const MAX_NAMED: usize = 5;

/// Commands that were accepted by the bus.
pub(super) struct Waiting {
    commands: BTreeSet<&'static str>,
    patience: Duration,
    waiting: Vec<MessageId>,
}

impl Waiting {
    /// Waits this long for the commands of the application.
    pub(super) fn new(application: &Application, patience: Duration) -> Self {
        let routes = (application.routes)().into_iter().filter(|route| route.kind == Kind::Command);
        Self { commands: routes.map(|route| route.message).collect(), patience, waiting: Vec::new() }
    }

    /// Adds a message; the bus gave it this id. An event is not waited for.
    pub(super) fn add(&mut self, message: &Message, event_id: &str) -> anyhow::Result<()> {
        let name = message.entry.detail_type.as_deref().unwrap_or_default();
        if self.commands.contains(name) {
            self.waiting.push(MessageId::new(message.id.as_deref().unwrap_or(event_id))?);
        }
        Ok(())
    }

    /// Waits, and prints every outcome as it comes. Returns whether all commands are done.
    pub(super) async fn run(mut self, connection: &Connection, output: &mut Output<'_>) -> anyhow::Result<bool> {
        if self.waiting.is_empty() {
            bail!("--wait waits for commands, and none was accepted (events have no outcome)");
        }
        let (outcomes, started, all) = (connection.outcomes(), Instant::now(), self.waiting.len());
        let (mut all_done, mut delay) = (true, FIRST_DELAY);
        loop {
            let mut without = Vec::new();
            for id in self.waiting {
                let outcome = outcomes.outcome(&id, Timestamp::now()).await;
                match outcome.map_err(|error| with_hint(connection, error.into()))? {
                    Some(outcome) => {
                        all_done &= matches!(outcome.result, CommandResult::Done { .. });
                        output.show(outcome_text(&outcome), &outcome)?;
                    }
                    None => without.push(id),
                }
            }
            self.waiting = without;
            let left = self.patience.saturating_sub(started.elapsed());
            if self.waiting.is_empty() || left.is_zero() {
                break;
            }
            progress(format_args!("{} of {all} commands have an outcome ", all - self.waiting.len()))?;
            tokio::time::sleep(delay.min(left)).await;
            delay = (delay * 2).min(MAX_DELAY);
        }
        end_progress(format_args!("{} of {all} commands have an outcome", all - self.waiting.len()))?;
        if self.waiting.is_empty() {
            return Ok(all_done);
        }
        let named: Vec<&str> = self.waiting.iter().take(MAX_NAMED).map(MessageId::as_str).collect();
        bail!(
            "{} of {all} commands have no outcome after {} s, such as {}\nthey may wait for a retry, or a function gave \
             them up: look with `causeway dlq ls` and `causeway tail`, and later with `causeway trace ID`",
            self.waiting.len(),
            self.patience.as_secs(),
            named.join(", ")
        );
    }
}
