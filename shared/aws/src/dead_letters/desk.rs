//! The desk where dead letters are read, put back and thrown away, all of them or by cause.
//! A letter goes away only after the bus has taken it, so a walk that is cut short can be begun again.

use std::collections::BTreeSet;

use causeway::{delivery::bus::PublishOutcome, failure::causes};
use serde_json::value::RawValue;

use super::Letter;
use crate::{
    eventbridge::EventBridgeBus,
    sqs::{Held, QueueError, SqsDeadLetters},
};

/// Which letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    /// Those with this reason only.
    pub reason: Option<String>,
    /// The one with this id only.
    pub id: Option<String>,
}

/// What became of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// It is back on its bus, and the letter is gone.
    Done,
    /// It can never go back as it is, and stays.
    Refused {
        /// Why.
        why: String,
    },
    /// It did not go back this time, and stays.
    NotNow {
        /// Why.
        why: String,
    },
}

/// The desk: a queue of letters, and the bus they go back to.
#[derive(Clone, Debug)]
pub struct DeadLetterDesk {
    queue: SqsDeadLetters,
    bus: EventBridgeBus,
    most: usize,
}

impl Pick {
    fn takes(&self, held: &Held) -> bool {
        self.reason.as_ref().is_none_or(|reason| *reason == held.letter.reason)
            && self.id.as_ref().is_none_or(|id| *id == held.id)
    }
}

impl DeadLetterDesk {
    /// A desk that takes at most this many letters in hand at once.
    pub fn new(queue: SqsDeadLetters, bus: EventBridgeBus, most: usize) -> Self {
        Self { queue, bus, most }
    }

    /// The letters; all stay.
    pub async fn list(&self, pick: &Pick) -> Result<Vec<Held>, QueueError> {
        let held = self.queue.take(self.most).await?;
        self.queue.give_back(&held).await;
        Ok(held.into_iter().filter(|held| pick.takes(held)).collect())
    }

    /// Puts letters back on the bus they came from.
    pub async fn redrive(&self, pick: &Pick) -> Result<Vec<(Held, Redriven)>, QueueError> {
        self.walk(pick, None).await
    }

    /// Puts one letter back with another detail, under its old id; none if there is no such letter.
    pub async fn redrive_corrected(&self, id: &str, detail: &RawValue) -> Result<Option<(Held, Redriven)>, QueueError> {
        let pick = Pick { reason: None, id: Some(id.to_owned()) };
        Ok(self.walk(&pick, Some(detail)).await?.pop())
    }

    async fn walk(&self, pick: &Pick, corrected: Option<&RawValue>) -> Result<Vec<(Held, Redriven)>, QueueError> {
        let (picked, others) = self.take(pick).await?;
        self.queue.give_back(&others).await;
        let mut answers = Vec::with_capacity(picked.len());
        for held in picked {
            let redriven = self.put_back(&held.letter, corrected).await;
            let redriven = match redriven {
                Redriven::Done => match self.queue.remove(&held).await {
                    Ok(()) => Redriven::Done,
                    Err(error) => Redriven::NotNow { why: causes(&error) },
                },
                stays => stays,
            };
            answers.push((held, redriven));
        }
        let stay = answers.iter().filter(|(_, redriven)| *redriven != Redriven::Done).map(|(held, _)| held);
        self.queue.give_back(stay).await;
        Ok(answers)
    }

    /// Throws letters away; the answer says how many.
    pub async fn purge(&self, pick: &Pick) -> Result<usize, QueueError> {
        let (picked, others) = self.take(pick).await?;
        self.queue.give_back(&others).await;
        for held in &picked {
            self.queue.remove(held).await?;
        }
        Ok(picked.len())
    }

    /// Throws away the letters of these ids, which somebody has seen; what came meanwhile stays. The answer says which
    /// are gone.
    pub async fn purge_seen(&self, seen: &BTreeSet<String>) -> Result<Vec<Held>, QueueError> {
        let held = self.queue.take(self.most).await?;
        let (mut known, others): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|held| seen.contains(&held.id));
        self.queue.give_back(&others).await;
        let mut gone = Vec::with_capacity(known.len());
        while let Some(held) = known.pop() {
            if let Err(error) = self.queue.remove(&held).await {
                self.queue.give_back(known.iter().chain([&held])).await;
                return Err(error);
            }
            gone.push(held);
        }
        Ok(gone)
    }

    async fn take(&self, pick: &Pick) -> Result<(Vec<Held>, Vec<Held>), QueueError> {
        let held = self.queue.take(self.most).await?;
        Ok(held.into_iter().partition(|held| pick.takes(held)))
    }

    async fn put_back(&self, letter: &Letter, corrected: Option<&RawValue>) -> Redriven {
        let entry = match letter.entry(corrected) {
            Ok(entry) => entry,
            Err(refused) => return Redriven::Refused { why: refused.to_string() },
        };
        let bus = letter.bus_name().map_or_else(|| self.bus.clone(), |name| self.bus.on(name));
        match bus.put(&[entry]).await.into_iter().next() {
            Some(PublishOutcome::Accepted) => Redriven::Done,
            Some(PublishOutcome::Permanent { code, reason }) => Redriven::Refused { why: format!("{code}: {reason}") },
            Some(PublishOutcome::Transient(error)) => Redriven::NotNow { why: causes(error.as_ref()) },
            None => Redriven::NotNow { why: "the bus gave no answer".to_owned() },
        }
    }
}
