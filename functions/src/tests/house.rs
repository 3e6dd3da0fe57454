//! A house in memory: all routes behind one bus, the relay, and timers that fire when the clock passes them.

use std::{collections::VecDeque, sync::Mutex};

use causeway::{
    App, Delivery, Failure, Message, Route, View,
    app::Rows,
    delivery::{
        bus::{Bus, Entry},
        relay::relay,
    },
    memory::Memory,
    time::clock::Clock,
    view::view_store::Page,
};
use domain::notification::NotificationEvent;
use futures::executor::block_on;
use jiff::SignedDuration;
use serde_json::{Value, json, value::to_raw_value};

/// So often a delivery is tried.
const TRIES: u32 = 5;

pub(super) struct House {
    pub(super) memory: Memory,
    app: App,
    routes: Vec<Route>,
    copies: usize,
    relayed: Mutex<usize>,
    said: Mutex<u32>,
}

impl House {
    pub(super) fn new(seed: u64) -> Self {
        let memory = Memory::new(seed);
        let app = memory.app();
        Self { memory, app, routes: crate::routes(), copies: 1, relayed: Mutex::new(0), said: Mutex::new(0) }
    }

    /// Every message comes so often to everyone.
    pub(super) fn delivering(mut self, copies: usize) -> Self {
        self.copies = copies;
        self
    }

    /// Nobody hears this message.
    pub(super) fn deaf_to(mut self, message: &str) -> Self {
        self.routes.retain(|route| route.message != message);
        self
    }

    /// Somebody outside says a command, and everything that follows happens.
    pub(super) fn says(&self, name: &str, data: Value) {
        self.say_all([(name, data)]);
    }

    /// Somebody outside says many commands at once.
    pub(super) fn say_all<'a>(&self, commands: impl IntoIterator<Item = (&'a str, Value)>) {
        for (name, data) in commands {
            let mut said = self.said.lock().unwrap();
            *said += 1;
            let delivery = Delivery {
                id: format!("outside-{said}"),
                source: "shop.web".to_owned(),
                account: None,
                detail_type: name.to_owned(),
                time: self.memory.clock.now(),
                detail: to_raw_value(&json!({ "data": data })).unwrap(),
                replay_name: None,
            };
            block_on(self.memory.bus.deliver(delivery));
        }
        self.until_quiet();
    }

    /// Time passes, and timers fire.
    pub(super) fn after(&self, duration: SignedDuration) {
        self.memory.clock.advance(duration);
        for timer in self.memory.timers.due(self.memory.clock.now()) {
            let entry = Entry::from_context(timer.key.stream.context(), timer.envelope);
            block_on(self.memory.bus.publish(&[entry]));
        }
        self.until_quiet();
    }

    pub(super) fn row<V: View>(&self, id: &str) -> V::Row {
        block_on(self.app.row::<V>(id)).unwrap().unwrap_or_else(|| panic!("{} has no row {id}", V::NAME))
    }

    pub(super) fn list<V: View>(&self, list: &str, page: &Page) -> Rows<V::Row> {
        block_on(self.app.list::<V>(list, page)).unwrap()
    }

    /// All bodies of this message that were said.
    pub(super) fn said<M: Message>(&self) -> Vec<M> {
        let deliveries = self.memory.bus.deliveries().into_iter().filter(|delivery| delivery.detail_type == M::NAME);
        deliveries.map(|delivery| causeway::delivery::receive::receive::<M>(&delivery).unwrap().data).collect()
    }

    /// What became of the mails.
    pub(super) fn notifications(&self) -> Vec<NotificationEvent> {
        let commits = self.memory.store.changes(0).into_iter();
        let notifications = commits.filter(|commit| commit.stream.context() == "notification");
        notifications.flat_map(|commit| commit.decode::<NotificationEvent>().unwrap()).collect()
    }

    pub(super) fn nothing_is_buried(&self) {
        let letters = self.memory.dead_letters.letters();
        assert!(letters.is_empty(), "{letters:#?}");
    }

    fn until_quiet(&self) {
        loop {
            let mut heard: VecDeque<Delivery> = self.memory.bus.drain().into();
            let quiet = heard.is_empty();
            while let Some(delivery) = heard.pop_front() {
                let hearers = self.routes.iter().filter(|route| route.message == delivery.detail_type);
                for route in hearers {
                    for _ in 0..self.copies {
                        self.hand_over(route, &delivery);
                    }
                }
            }
            let mut relayed = self.relayed.lock().unwrap();
            let commits = self.memory.store.changes(*relayed);
            *relayed += commits.len();
            if quiet && commits.is_empty() {
                return;
            }
            for answer in block_on(relay(&self.app, commits)) {
                answer.unwrap();
            }
        }
    }

    fn hand_over(&self, route: &Route, delivery: &Delivery) {
        let mut last = None;
        for _ in 0..TRIES {
            match block_on(route.handle(&self.app, delivery)) {
                Ok(_) => return,
                Err(failure @ (Failure::Transient(_) | Failure::Permanent(_))) => last = Some(failure),
            }
        }
        panic!("{} gave up on {}: {last:?}", route.function(), delivery.detail.get());
    }
}
