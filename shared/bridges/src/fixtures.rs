//! Fixtures: commits in memory, and a broker whose answers a test gives.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use causeway::{
    Encoded, MessageId, StreamId,
    delivery::bus::{Bus, Entry, PublishOutcome},
    log::{Append, Commit, EventStore as _, SnapshotPolicy},
    memory::Memory,
    message::{CommitId, Metadata},
};
use jiff::Timestamp;
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

use crate::{
    broker::{Broker, BrokerError, Parking, Poison, SendError, Sink, Source, Taken},
    outgoing::Outgoing,
};

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::parse(&format!("probe/{id}")).unwrap()
}

/// Appends a commit of so many events.
pub(crate) async fn append(memory: &Memory, id: &str, version: u64, events: usize) {
    let command = MessageId::from(Uuid::now_v7());
    let event = Encoded { name: "ProbeTaken".to_owned(), version: 1, data: to_raw_value(&json!({})).unwrap() };
    let metadata = Metadata {
        correlation_id: command.clone(),
        causation_id: command.clone(),
        user_id: None,
        traceparent: None,
        hops: 0,
    };
    let commit = Commit {
        stream: stream(id),
        version,
        id: CommitId::new(Uuid::now_v7()),
        events: vec![event; events],
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot: None,
        snapshot_before: 0,
        command,
        metadata,
        at: Timestamp::now(),
    };
    let append = Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false };
    memory.store.append(append).await.unwrap();
}

/// A bus that answers by a script, and accepts when the script has ended.
#[derive(Default)]
pub(crate) struct ScriptedBus {
    pub(crate) answers: Mutex<VecDeque<&'static str>>,
    /// A message of this aggregate is never accepted.
    pub(crate) poison: Option<&'static str>,
    pub(crate) accepted: Mutex<Vec<(String, u64)>>,
}

#[async_trait]
impl Bus for ScriptedBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let answer = |entry: &Entry| {
            let scripted = self.answers.lock().unwrap().pop_front();
            if scripted == Some("later") || self.poison == Some(entry.envelope.aggregate_id.as_str()) {
                return PublishOutcome::Transient("throttled".into());
            }
            if scripted == Some("never") {
                return PublishOutcome::Permanent { code: "REFUSED".to_owned(), reason: "not authorized".to_owned() };
            }
            let place = (entry.envelope.aggregate_id.clone(), entry.envelope.version.unwrap_or_default());
            self.accepted.lock().unwrap().push(place);
            PublishOutcome::Accepted
        };
        entries.iter().map(answer).collect()
    }
}

/// A broker in memory. What is not acknowledged is delivered again by the next connection.
#[derive(Clone, Default)]
pub(crate) struct MemoryBroker(pub(crate) Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    /// The messages that are not acknowledged.
    pub(crate) messages: VecDeque<Taken>,
    pub(crate) parked: Vec<(Taken, Poison)>,
    pub(crate) sent: Vec<Outgoing>,
    /// How many connections, acknowledgements or sends fail before one works.
    pub(crate) failures: u32,
    /// A message with this in its body is refused.
    pub(crate) refused: Option<String>,
}

impl MemoryBroker {
    fn fail(&self) -> Result<(), BrokerError> {
        let mut state = self.0.lock().unwrap();
        match state.failures {
            0 => Ok(()),
            left => {
                state.failures = left - 1;
                Err(BrokerError::of("reach the broker")("it is down"))
            }
        }
    }
}

#[async_trait]
impl Broker for MemoryBroker {
    fn kind(&self) -> &'static str {
        "memory"
    }

    async fn source(&self) -> Result<Box<dyn Source>, BrokerError> {
        self.fail()?;
        Ok(Box::new(Connection { broker: self.clone(), delivered: 0 }))
    }

    async fn sink(&self) -> Result<Box<dyn Sink>, BrokerError> {
        self.fail()?;
        Ok(Box::new(Connection { broker: self.clone(), delivered: 0 }))
    }

    async fn check(&self) -> Result<(), BrokerError> {
        self.fail()
    }
}

struct Connection {
    broker: MemoryBroker,
    /// How many messages this connection has taken and not acknowledged.
    delivered: usize,
}

#[async_trait]
impl Source for Connection {
    async fn take(&mut self, most: usize, _wait: Duration) -> Result<Vec<Taken>, BrokerError> {
        let taken: Vec<Taken> =
            self.broker.0.lock().unwrap().messages.iter().skip(self.delivered).take(most).cloned().collect();
        self.delivered += taken.len();
        if taken.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(taken)
    }

    async fn acknowledge(&mut self, taken: &[Taken]) -> Result<(), BrokerError> {
        self.broker.fail()?;
        self.broker.0.lock().unwrap().messages.drain(..taken.len());
        self.delivered -= taken.len();
        Ok(())
    }
}

#[async_trait]
impl Parking for Connection {
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        self.broker.0.lock().unwrap().parked.push((taken.clone(), poison.clone()));
        Ok(())
    }
}

#[async_trait]
impl Sink for Connection {
    async fn send(&mut self, messages: &[Outgoing]) -> Result<(), SendError> {
        for (index, message) in messages.iter().enumerate() {
            self.broker.fail()?;
            let mut state = self.broker.0.lock().unwrap();
            if state.refused.as_ref().is_some_and(|refused| message.body.contains(refused.as_str())) {
                return Err(SendError::Refused {
                    index,
                    poison: Poison::new("TOO_LARGE", "more than the broker takes"),
                });
            }
            state.sent.push(message.clone());
        }
        Ok(())
    }
}
