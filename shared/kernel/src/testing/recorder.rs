//! [`Recorder`]: records the messages of a bus or a log, for expectations afterwards.

use std::sync::{Arc, Mutex};

use serde_json::{Value, value::RawValue};

use super::diff::{assert_same, fail};
use crate::{
    Message,
    log::Commit,
    memory::{MemoryBus, MemoryStore, Subject, lock::lock},
};

/// A recording of the messages on a bus or in a log, from its creation on.
pub struct Recorder {
    messages: Box<dyn Fn() -> Vec<Recorded> + Send + Sync>,
}

#[derive(Clone, Debug)]
struct Recorded {
    name: String,
    version: u32,
    data: Box<RawValue>,
}

impl Recorder {
    /// Records the messages on the bus from now on.
    pub fn on_bus(bus: &MemoryBus) -> Self {
        let recorded: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let sink = recorded.clone();
        bus.subscribe(Subject::All, move |delivery| {
            let envelope: RecordedEnvelope = serde_json::from_str(delivery.detail.get())?;
            let recorded =
                Recorded { name: delivery.detail_type.clone(), version: envelope.event_version, data: envelope.data };
            lock(&sink).push(recorded);
            Ok(())
        });
        Self { messages: Box::new(move || lock(&recorded).clone()) }
    }

    /// Records the events that are appended to the log from now on.
    pub fn on_store(store: &Arc<MemoryStore>) -> Self {
        let from = store.changes(0).len();
        let store = store.clone();
        let events = |commit: Commit| commit.events;
        let recorded = move || {
            let events = store.changes(from).into_iter().flat_map(events);
            events.map(|event| Recorded { name: event.name, version: event.version, data: event.data }).collect()
        };
        Self { messages: Box::new(recorded) }
    }

    /// The names of all messages, in their order.
    pub fn names(&self) -> Vec<String> {
        (self.messages)().into_iter().map(|message| message.name).collect()
    }

    /// Expects a message of this name whose body matches. Returns the first one.
    #[track_caller]
    pub fn expect_event(&self, name: &str, matcher: impl Fn(&Value) -> bool) -> Value {
        let recorded: Vec<Recorded> = (self.messages)().into_iter().filter(|message| message.name == name).collect();
        let bodies: Vec<Value> =
            recorded.iter().filter_map(|message| serde_json::from_str(message.data.get()).ok()).collect();
        match bodies.iter().find(|body| matcher(body)) {
            Some(body) => body.clone(),
            None if bodies.is_empty() => fail(&format!("no {name} was recorded, but {:?}", self.names())),
            None => fail(&format!("no recorded {name} matches: {bodies:#?}")),
        }
    }

    /// Expects a message of this type that matches. Returns the first one.
    #[track_caller]
    pub fn expect<M: Message>(&self, matcher: impl Fn(&M) -> bool) -> M {
        let recorded: Vec<Recorded> = (self.messages)().into_iter().filter(|message| message.name == M::NAME).collect();
        let bodies = recorded.iter().filter_map(|message| M::decode(message.version, &message.data).ok());
        match bodies.into_iter().find(|body| matcher(body)) {
            Some(body) => body,
            None if recorded.is_empty() => fail(&format!("no {} was recorded, but {:?}", M::NAME, self.names())),
            None => fail(&format!("no recorded {} matches: {recorded:#?}", M::NAME)),
        }
    }

    /// Expects messages of these names in this order; other messages may be between them.
    #[track_caller]
    pub fn expect_sequence<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let recorded = self.names();
        let mut rest = recorded.iter();
        for name in names {
            if !rest.any(|recorded| recorded == name) {
                fail(&format!("{name} is missing in the sequence {recorded:#?}"));
            }
        }
    }

    /// Expects messages of exactly these names, in this order.
    #[track_caller]
    pub fn expect_exactly<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let expected: Vec<String> = names.into_iter().map(str::to_owned).collect();
        assert_same("other messages were recorded", &self.names(), &expected);
    }

    /// Expects no message of this name.
    #[track_caller]
    pub fn expect_none(&self, name: &str) {
        let found: Vec<Recorded> = (self.messages)().into_iter().filter(|message| message.name == name).collect();
        if !found.is_empty() {
            fail(&format!("unexpected {name}: {found:#?}"));
        }
    }
}

/// The recorded part of an envelope.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedEnvelope {
    event_version: u32,
    data: Box<RawValue>,
}
