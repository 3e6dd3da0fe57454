//! [`Publisher`]: publishes messages of a broker on the bus. One that can never be published is parked with its reason, and the
//! others go on.

use std::collections::{BTreeSet, VecDeque};

use causeway::{
    StreamId,
    delivery::bus::{Bus, Entry, PublishOutcome},
    failure::causes,
};
use jiff::Timestamp;
use tracing::warn;

use crate::{
    broker::{BrokerError, Parking, Poison, Taken},
    counters::Counters,
    incoming::{Incoming, read, stream_of},
    stop::Stop,
};

/// After so many failures, while the bus accepts other messages, a message is parked.
const MAX_FAILURES: u32 = 12;

/// The way from a broker to the bus.
pub struct Publisher<'a> {
    /// The name of the broker's kind: `rabbitmq`, `kafka`, `redis`.
    pub kind: &'a str,
    /// The bus.
    pub bus: &'a dyn Bus,
    /// The ARN of the bus.
    pub origin: &'a str,
    /// The counters of this direction.
    pub counters: &'a Counters,
    /// The request to stop.
    pub stop: Stop,
}

/// A message that the bus has not accepted yet.
struct Waiting {
    taken: Taken,
    stream: Option<StreamId>,
    entry: Entry,
    failures: u32,
}

impl Publisher<'_> {
    /// The messages to publish; the others are parked or dropped.
    async fn read_all(&self, parking: &mut dyn Parking, taken: &[Taken]) -> Result<VecDeque<Waiting>, BrokerError> {
        let mut waiting = VecDeque::with_capacity(taken.len());
        for taken in taken {
            match read(self.kind, self.origin, taken, Timestamp::now()) {
                Ok(Incoming::Publish(entry)) => {
                    let stream = stream_of(&entry);
                    waiting.push_back(Waiting { taken: taken.clone(), stream, entry: *entry, failures: 0 });
                }
                Ok(Incoming::OwnEvent) => Counters::add(&self.counters.own, 1),
                Err(poison) => self.park(parking, taken, &poison).await?,
            }
        }
        Ok(waiting)
    }

    /// Publishes all, in rounds with at most one message of each stream, so that none overtakes another. Returns false if
    /// it was stopped before.
    pub async fn publish(&self, parking: &mut dyn Parking, taken: &[Taken]) -> Result<bool, BrokerError> {
        Counters::add(&self.counters.taken, taken.len());
        let mut waiting = self.read_all(parking, taken).await?;
        let (mut failed_rounds, mut accepted_before) = (0, 0);
        while !waiting.is_empty() {
            let (round, later) = first_of_each_stream(waiting);
            let entries: Vec<Entry> = round.iter().map(|waiting| waiting.entry.clone()).collect();
            let mut outcomes = self.bus.publish(&entries).await.into_iter();
            let (mut accepted, mut again) = (0, VecDeque::new());
            for mut message in round {
                match outcomes.next() {
                    Some(PublishOutcome::Accepted) => accepted += 1,
                    Some(PublishOutcome::Permanent { code, reason }) => {
                        self.park(parking, &message.taken, &Poison::new(&code, &reason)).await?;
                    }
                    Some(PublishOutcome::Transient(error)) => {
                        warn!(position = message.taken.position, error = causes(error.as_ref()), "in: published again");
                        message.failures += 1;
                        again.push_back(message);
                    }
                    None => again.push_back(message),
                }
            }
            accepted_before += accepted;
            Counters::add(&self.counters.passed, accepted);
            Counters::add(&self.counters.retried, again.len());
            failed_rounds = if again.is_empty() { 0 } else { failed_rounds + 1 };
            let mut next = VecDeque::with_capacity(again.len() + later.len());
            for message in again {
                // Only if others were accepted: then it is the message, and not the bus.
                if message.failures >= MAX_FAILURES && accepted_before > 0 {
                    let poison = Poison::new("UNDELIVERABLE", &format!("the bus failed {MAX_FAILURES} times"));
                    self.park(parking, &message.taken, &poison).await?;
                } else {
                    next.push_back(message);
                }
            }
            next.extend(later);
            waiting = next;
            if failed_rounds > 0 {
                self.stop.pause(failed_rounds - 1).await;
            }
            if self.stop.is_requested() && !waiting.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn park(&self, parking: &mut dyn Parking, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        warn!(position = taken.position, code = poison.code, reason = poison.reason, "in: parked");
        parking.park(taken, poison).await?;
        Counters::add(&self.counters.parked, 1);
        Ok(())
    }
}

/// The first message of each stream, and all others, in their order.
fn first_of_each_stream(waiting: VecDeque<Waiting>) -> (Vec<Waiting>, VecDeque<Waiting>) {
    let (mut seen, mut round, mut later) = (BTreeSet::new(), Vec::new(), VecDeque::new());
    for message in waiting {
        if seen.insert(message.stream.clone()) {
            round.push(message);
        } else {
            later.push_back(message);
        }
    }
    (round, later)
}
