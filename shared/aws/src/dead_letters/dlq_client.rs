//! Lists, redrives and purges the dead letters of a queue, all of them or those that a filter selects.
//! A message is deleted only after the bus has accepted it, so an interrupted redrive can be repeated.

use std::collections::BTreeSet;

use causeway::{delivery::bus::PublishOutcome, failure::causes};
use serde_json::value::RawValue;

use super::DeadLetter;
use crate::{
    eventbridge::EventBridgeBus,
    sqs::{QueueError, ReceivedDeadLetter, SqsDeadLetters},
};

/// Selects dead letters. Without a field it selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Only those with this reason.
    pub reason: Option<String>,
    /// Only the one with this SQS message id.
    pub id: Option<String>,
}

/// The outcome of a redrive, for one dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedriveOutcome {
    /// The bus accepted it, and it is deleted from the queue.
    Done,
    /// It cannot be redriven as it is, and stays in the queue.
    Permanent {
        /// Why not.
        why: String,
    },
    /// It was not redriven this time, and stays in the queue.
    Transient {
        /// Why not.
        why: String,
    },
}

/// A client for a dead-letter queue and the bus that its messages return to.
#[derive(Clone, Debug)]
pub struct DlqClient {
    queue: SqsDeadLetters,
    bus: EventBridgeBus,
    limit: usize,
}

impl DeadLetterFilter {
    fn selects(&self, received: &ReceivedDeadLetter) -> bool {
        self.reason.as_ref().is_none_or(|reason| *reason == received.letter.reason)
            && self.id.as_ref().is_none_or(|id| *id == received.id)
    }
}

impl DlqClient {
    /// A client that receives at most `limit` messages for one operation.
    pub fn new(queue: SqsDeadLetters, bus: EventBridgeBus, limit: usize) -> Self {
        Self { queue, bus, limit }
    }

    /// Lists dead letters; all stay in the queue.
    pub async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<ReceivedDeadLetter>, QueueError> {
        let mut received = self.queue.receive(self.limit).await?;
        self.queue.release(&received).await;
        received.retain(|letter| filter.selects(letter));
        Ok(received)
    }

    /// Publishes dead letters on the bus they came from.
    pub async fn redrive(
        &self,
        filter: &DeadLetterFilter,
    ) -> Result<Vec<(ReceivedDeadLetter, RedriveOutcome)>, QueueError> {
        self.redrive_as(filter, None).await
    }

    /// Publishes one dead letter with a corrected detail, under its old id; returns none if there is no such letter.
    pub async fn redrive_corrected(
        &self,
        id: &str,
        detail: &RawValue,
    ) -> Result<Option<(ReceivedDeadLetter, RedriveOutcome)>, QueueError> {
        let filter = DeadLetterFilter { reason: None, id: Some(id.to_owned()) };
        Ok(self.redrive_as(&filter, Some(detail)).await?.pop())
    }

    /// Publishes dead letters on the bus they came from, with a corrected detail if one is given.
    pub async fn redrive_as(
        &self,
        filter: &DeadLetterFilter,
        corrected: Option<&RawValue>,
    ) -> Result<Vec<(ReceivedDeadLetter, RedriveOutcome)>, QueueError> {
        let selected = self.receive(|received| filter.selects(received)).await?;
        let mut outcomes = Vec::with_capacity(selected.len());
        for received in selected {
            let mut outcome = self.publish(&received.letter, corrected).await;
            if outcome == RedriveOutcome::Done
                && let Err(error) = self.queue.delete(&received).await
            {
                outcome = RedriveOutcome::Transient { why: causes(&error) };
            }
            outcomes.push((received, outcome));
        }
        let stay = outcomes.iter().filter(|(_, outcome)| *outcome != RedriveOutcome::Done);
        self.queue.release(stay.map(|(received, _)| received)).await;
        Ok(outcomes)
    }

    /// Deletes dead letters; returns how many.
    pub async fn purge(&self, filter: &DeadLetterFilter) -> Result<usize, QueueError> {
        let selected = self.receive(|received| filter.selects(received)).await?;
        for received in &selected {
            self.queue.delete(received).await?;
        }
        Ok(selected.len())
    }

    /// Deletes the dead letters with these ids and returns them; letters that arrived since they were listed stay.
    pub async fn purge_seen(&self, seen: &BTreeSet<String>) -> Result<Vec<ReceivedDeadLetter>, QueueError> {
        let mut selected = self.receive(|received| seen.contains(&received.id)).await?;
        let mut deleted = Vec::with_capacity(selected.len());
        while let Some(received) = selected.pop() {
            if let Err(error) = self.queue.delete(&received).await {
                self.queue.release(selected.iter().chain([&received])).await;
                return Err(error);
            }
            deleted.push(received);
        }
        Ok(deleted)
    }

    /// Receives the messages that are selected; all others are released.
    async fn receive(
        &self,
        selects: impl Fn(&ReceivedDeadLetter) -> bool,
    ) -> Result<Vec<ReceivedDeadLetter>, QueueError> {
        let received = self.queue.receive(self.limit).await?;
        let (selected, others): (Vec<_>, Vec<_>) = received.into_iter().partition(selects);
        self.queue.release(&others).await;
        Ok(selected)
    }

    async fn publish(&self, letter: &DeadLetter, corrected: Option<&RawValue>) -> RedriveOutcome {
        let entry = match letter.entry(corrected) {
            Ok(entry) => entry,
            Err(error) => return RedriveOutcome::Permanent { why: error.to_string() },
        };
        let bus = letter.bus_name().map_or_else(|| self.bus.clone(), |name| self.bus.on(name));
        match bus.put(&[entry]).await.into_iter().next() {
            Some(PublishOutcome::Accepted) => RedriveOutcome::Done,
            Some(PublishOutcome::Permanent { code, reason }) => {
                RedriveOutcome::Permanent { why: format!("{code}: {reason}") }
            }
            Some(PublishOutcome::Transient(error)) => RedriveOutcome::Transient { why: causes(error.as_ref()) },
            None => RedriveOutcome::Transient { why: "the bus returned no result".to_owned() },
        }
    }
}
