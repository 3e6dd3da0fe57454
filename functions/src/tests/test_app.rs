//! The application in memory: all routes behind one bus, the relay, and timers that fire when the clock reaches them.

use std::{collections::VecDeque, sync::Mutex};

use causeway::{
    App, Delivery, Failure, Message, Route, View,
    app::Rows,
    delivery::{
        bus::{Bus, Entry},
        relay::relay,
    },
    log::Moment,
    memory::Memory,
    route,
    time::clock::Clock,
    view::view_store::Page,
};
use domain::{
    ids::UserId,
    notification::NotificationEvent,
    user::{User, UserState},
};
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json, value::to_raw_value};

use super::outside;

/// How many times a delivery is attempted.
const MAX_ATTEMPTS: u32 = 5;

pub(super) struct TestApp {
    pub(super) memory: Memory,
    pub(super) app: App,
    routes: Vec<Route>,
    /// Routes whose deliveries are held back.
    held: Vec<Route>,
    copies: usize,
    /// How many commits the relay has published.
    relayed: Mutex<usize>,
    /// How many commands were published from outside.
    commands: Mutex<u32>,
}

impl TestApp {
    pub(super) fn new(seed: u64) -> Self {
        let memory = Memory::new(seed);
        memory.http.answer_with(outside::answer);
        let app = memory.app();
        let routes = crate::routes().into_iter().chain([route("carrier", outside::deliver_parcel)]).collect();
        let (relayed, commands) = (Mutex::new(0), Mutex::new(0));
        Self { memory, app, routes, held: Vec::new(), copies: 1, relayed, commands }
    }

    /// Delivers every message this many times to every function.
    pub(super) fn delivering_each(mut self, copies: usize) -> Self {
        self.copies = copies;
        self
    }

    /// Removes the functions that handle this message.
    pub(super) fn without_handlers_of(mut self, message: &str) -> Self {
        self.routes.retain(|route| route.message != message);
        self
    }

    /// Holds the deliveries of this message to this context back.
    pub(super) fn holding_back(mut self, context: &str, message: &str) -> Self {
        let held = |route: &Route| route.context == context && route.message == message;
        (self.held, self.routes) = self.routes.into_iter().partition(held);
        self
    }

    /// Delivers what was held back, and runs until nothing is left to do.
    pub(super) fn deliver_held(&mut self) {
        let held = std::mem::take(&mut self.held);
        for delivery in self.memory.bus.deliveries() {
            for route in held.iter().filter(|route| route.message == delivery.detail_type) {
                self.deliver(route, &delivery);
            }
        }
        self.routes.extend(held);
        self.run_until_idle();
    }

    /// Publishes a command from outside, and runs until nothing is left to do.
    pub(super) fn publish(&self, name: &str, data: Value) {
        self.publish_all([(name, data)]);
    }

    /// Publishes commands from outside at the same time, and runs until nothing is left to do.
    pub(super) fn publish_all<'a>(&self, commands: impl IntoIterator<Item = (&'a str, Value)>) {
        for (name, data) in commands {
            self.deliver_from_outside(name, &json!({ "data": data }));
        }
        self.run_until_idle();
    }

    /// Publishes a command with this detail from outside, and runs until nothing is left to do.
    pub(super) fn publish_detail(&self, name: &str, detail: Value) {
        self.deliver_from_outside(name, &detail);
        self.run_until_idle();
    }

    fn deliver_from_outside(&self, name: &str, detail: &Value) {
        let mut number = self.commands.lock().unwrap();
        *number += 1;
        let delivery = Delivery {
            id: format!("outside-{number}"),
            source: "shop.web".to_owned(),
            account: None,
            detail_type: name.to_owned(),
            time: self.memory.clock.now(),
            detail: to_raw_value(detail).unwrap(),
            replay_name: None,
        };
        block_on(self.memory.bus.deliver(delivery));
    }

    /// Advances the clock and fires the timers that are due.
    pub(super) fn advance(&self, duration: SignedDuration) {
        self.memory.clock.advance(duration);
        for timer in self.memory.timers.due(self.memory.clock.now()) {
            let entry = Entry::from_context(timer.key.stream.context(), timer.envelope);
            block_on(self.memory.bus.publish(&[entry]));
        }
        self.run_until_idle();
    }

    pub(super) fn row<V: View>(&self, id: &str) -> V::Row {
        block_on(self.app.row::<V>(id)).unwrap().unwrap_or_else(|| panic!("{} has no row {id}", V::NAME))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.memory.clock.now()
    }

    /// The state of a user at this time.
    pub(super) fn user_at(&self, id: &str, at: Timestamp) -> UserState {
        block_on(self.app.state_at::<User>(&id.parse::<UserId>().unwrap(), Moment::Time(at))).unwrap()
    }

    pub(super) fn list<V: View>(&self, list: &str, page: &Page) -> Rows<V::Row> {
        block_on(self.app.list::<V>(list, page)).unwrap()
    }

    /// The data of all published messages of this type.
    pub(super) fn published<M: Message>(&self) -> Vec<M> {
        let deliveries = self.memory.bus.deliveries().into_iter().filter(|delivery| delivery.detail_type == M::NAME);
        deliveries.map(|delivery| causeway::delivery::receive::receive::<M>(&delivery).unwrap().data).collect()
    }

    /// The events of the notification streams.
    pub(super) fn notifications(&self) -> Vec<NotificationEvent> {
        let commits = self.memory.store.changes(0).into_iter();
        let notifications = commits.filter(|commit| commit.stream.context() == "notification");
        notifications.flat_map(|commit| commit.decode::<NotificationEvent>().unwrap()).collect()
    }

    pub(super) fn assert_no_dead_letters(&self) {
        let letters = self.memory.dead_letters.all();
        assert!(letters.is_empty(), "{letters:#?}");
    }

    fn run_until_idle(&self) {
        loop {
            let mut deliveries: VecDeque<Delivery> = self.memory.bus.drain().into();
            let idle = deliveries.is_empty();
            while let Some(delivery) = deliveries.pop_front() {
                let routes = self.routes.iter().filter(|route| route.message == delivery.detail_type);
                for route in routes {
                    for _ in 0..self.copies {
                        self.deliver(route, &delivery);
                    }
                }
            }
            let mut relayed = self.relayed.lock().unwrap();
            let commits = self.memory.store.changes(*relayed);
            *relayed += commits.len();
            if idle && commits.is_empty() {
                return;
            }
            for result in block_on(relay(self.app.ports(), commits)) {
                result.unwrap();
            }
        }
    }

    fn deliver(&self, route: &Route, delivery: &Delivery) {
        let mut last = None;
        for _ in 0..MAX_ATTEMPTS {
            match block_on(route.handle(&self.app, delivery)) {
                Ok(_) => return,
                Err(failure @ (Failure::Transient(_) | Failure::Permanent(_))) => last = Some(failure),
            }
        }
        panic!("{} gave up on {}: {last:?}", route.function(), delivery.detail.get());
    }
}
