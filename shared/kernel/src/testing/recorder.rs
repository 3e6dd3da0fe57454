//! A recorder: it writes down what is said, and is asked afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, value::RawValue};

use super::diff::{assert_same, fail};
use crate::{
    log::commit::Commit,
    memory::{MemoryBus, MemoryStore, Subject},
    message::contract::Message,
};

/// Writes down messages from a bus or a log, beginning when it is made.
pub struct Recorder {
    heard: Box<dyn Fn() -> Vec<Heard> + Send + Sync>,
}

#[derive(Clone, Debug)]
struct Heard {
    name: String,
    version: u32,
    data: Box<RawValue>,
}

impl Recorder {
    /// Writes down what is said on the bus from now on.
    pub fn on_bus(bus: &MemoryBus) -> Self {
        let notes: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let pen = notes.clone();
        bus.subscribe(Subject::All, move |delivery| {
            let envelope: Said = serde_json::from_str(delivery.detail.get())?;
            let heard =
                Heard { name: delivery.detail_type.clone(), version: envelope.event_version, data: envelope.data };
            pen.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
            Ok(())
        });
        Self { heard: Box::new(move || notes.lock().unwrap_or_else(PoisonError::into_inner).clone()) }
    }

    /// Writes down the events that come into the log from now on.
    pub fn on_store(store: &Arc<MemoryStore>) -> Self {
        let from = store.changes(0).len();
        let store = store.clone();
        let events = |commit: Commit| commit.events;
        let heard = move || {
            let events = store.changes(from).into_iter().flat_map(events);
            events.map(|event| Heard { name: event.name, version: event.version, data: event.data }).collect()
        };
        Self { heard: Box::new(heard) }
    }

    /// The names of all messages, in their order.
    pub fn names(&self) -> Vec<String> {
        (self.heard)().into_iter().map(|heard| heard.name).collect()
    }

    /// A message of this name came for whose body the matcher says yes. Answers with the first one.
    #[track_caller]
    pub fn expect_event(&self, name: &str, matcher: impl Fn(&Value) -> bool) -> Value {
        let heard: Vec<Heard> = (self.heard)().into_iter().filter(|heard| heard.name == name).collect();
        let bodies: Vec<Value> = heard.iter().filter_map(|heard| serde_json::from_str(heard.data.get()).ok()).collect();
        match bodies.iter().find(|body| matcher(body)) {
            Some(body) => body.clone(),
            None if bodies.is_empty() => fail(&format!("no {name} came, but {:?}", self.names())),
            None => fail(&format!("a {name} came, but none as expected: {bodies:#?}")),
        }
    }

    /// A message of this type came for which the matcher says yes. Answers with the first one.
    #[track_caller]
    pub fn expect<M: Message>(&self, matcher: impl Fn(&M) -> bool) -> M {
        let heard: Vec<Heard> = (self.heard)().into_iter().filter(|heard| heard.name == M::NAME).collect();
        let bodies = heard.iter().filter_map(|heard| M::decode(heard.version, &heard.data).ok());
        match bodies.into_iter().find(|body| matcher(body)) {
            Some(body) => body,
            None if heard.is_empty() => fail(&format!("no {} came, but {:?}", M::NAME, self.names())),
            None => fail(&format!("a {} came, but none as expected: {heard:#?}", M::NAME)),
        }
    }

    /// Messages of these names came in this order; others may stand between them.
    #[track_caller]
    pub fn expect_sequence<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let came = self.names();
        let mut rest = came.iter();
        for name in names {
            if !rest.any(|came| came == name) {
                fail(&format!("{name} did not come in its place; there came {came:#?}"));
            }
        }
    }

    /// Messages of exactly these names came, in this order, and no others.
    #[track_caller]
    pub fn expect_exactly<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let expected: Vec<String> = names.into_iter().map(str::to_owned).collect();
        assert_same("other messages came", &self.names(), &expected);
    }

    /// No message of this name came.
    #[track_caller]
    pub fn expect_none(&self, name: &str) {
        let came: Vec<Heard> = (self.heard)().into_iter().filter(|heard| heard.name == name).collect();
        if !came.is_empty() {
            fail(&format!("no {name} was to come, but there came {came:#?}"));
        }
    }
}

/// The part of an envelope that is written down.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    event_version: u32,
    data: Box<RawValue>,
}
