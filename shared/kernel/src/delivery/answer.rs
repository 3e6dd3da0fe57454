//! [`Answer`]: what the handler of a command from outside has done, collected while it runs and recorded as the command's
//! outcome.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::{
    delivery::{
        bus::is_own_source,
        outcome::{AppendedEvent, CommandOutcome, CommandResult, OutcomeError},
        retry::repeated,
    },
    failure::Handled,
    message::{Delivery, Kind, Message, MessageId, StreamId},
    ports::Ports,
};

/// The events that an outcome lists; with ids of the usual length it is one write unit.
const MAX_LISTED: usize = 8;

/// The longest explanation in an outcome, in characters.
const MAX_EXPLANATION: usize = 400;

/// What the handler of a command has done so far. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer(Arc<Mutex<Effects>>);

#[derive(Debug, Default)]
struct Effects {
    events: Vec<AppendedEvent>,
    more_events: usize,
    rejection: Option<CommandResult>,
}

impl Answer {
    /// An empty answer, if the outcome of this message is recorded: it is a command, and it comes from outside.
    pub(crate) fn to<M: Message>(delivery: &Delivery) -> Option<Self> {
        is_recorded::<M>(delivery).then(Self::default)
    }

    /// Adds events that were appended to a stream, the first at this version.
    pub(crate) fn appended<'a>(&self, stream: &StreamId, first: u64, names: impl IntoIterator<Item = &'a str>) {
        let mut effects = self.lock();
        for (name, version) in names.into_iter().zip(first..) {
            if effects.events.len() < MAX_LISTED {
                effects.events.push(AppendedEvent { stream: stream.clone(), version, name: name.to_owned() });
            } else {
                effects.more_events += 1;
            }
        }
    }

    /// Sets the rejection.
    pub(crate) fn rejected(&self, stream: &StreamId, rule: &str, reason: &str) {
        let (rule, reason) = (cut(rule), cut(reason));
        self.lock().rejection = Some(CommandResult::Rejected { stream: stream.clone(), rule, reason });
    }

    /// Records the outcome, now that the handler has returned. A dead letter has its own.
    pub(crate) async fn record<M: Message>(
        &self,
        ports: &Ports,
        delivery: &Delivery,
        handled: Handled,
    ) -> Result<(), OutcomeError> {
        if handled == Handled::DeadLettered {
            return Ok(());
        }
        let Effects { events, more_events, rejection } = std::mem::take(&mut *self.lock());
        record::<M>(ports, delivery, rejection.unwrap_or(CommandResult::Done { events, more_events })).await
    }

    fn lock(&self) -> MutexGuard<'_, Effects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records that a command from outside is dead-lettered; nothing for any other message.
pub(super) async fn record_dead_letter<M: Message>(
    ports: &Ports,
    delivery: &Delivery,
    reason: &str,
    explanation: &str,
) -> Result<(), OutcomeError> {
    if !is_recorded::<M>(delivery) {
        return Ok(());
    }
    let result = CommandResult::DeadLettered { reason: reason.to_owned(), explanation: cut(explanation) };
    record::<M>(ports, delivery, result).await
}

fn is_recorded<M: Message>(delivery: &Delivery) -> bool {
    M::KIND == Kind::Command && !is_own_source(&delivery.source)
}

async fn record<M: Message>(ports: &Ports, delivery: &Delivery, result: CommandResult) -> Result<(), OutcomeError> {
    let Some((command_id, user_id)) = identify(delivery) else { return Ok(()) };
    let outcome = CommandOutcome { command_id, command: M::NAME.to_owned(), user_id, at: ports.clock.now(), result };
    repeated(ports, || ports.outcomes.record(&outcome)).await
}

/// The id and the user of a command, of which anything may be wrong. The id of one without an id is that of the bus.
fn identify(delivery: &Delivery) -> Option<(MessageId, Option<String>)> {
    let detail: Value = serde_json::from_str(delivery.detail.get()).unwrap_or_default();
    let text = |pointer| detail.pointer(pointer).and_then(Value::as_str);
    let id = text("/eventId").map_or_else(|| MessageId::new(&*delivery.id), MessageId::new).ok()?;
    Some((id, text("/metadata/userId").map(cut)))
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_EXPLANATION).collect()
}
