//! Runs the application step by step, so that one step can be killed at one of its awaits and started again, and the
//! final state can be compared with that of an undisturbed run.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use causeway::{
    App, Failure, Route, StreamId,
    delivery::{
        bus::{Bus, Entry, PublishOutcome},
        relay::relay,
    },
    log::{commit::Commit, event_store::EventStore as _},
    memory::Memory,
    message::envelope::Delivery,
    testing::sim::{Completion, Killable},
    time::clock::Ids as _,
};
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::value::to_raw_value;

use super::recording_stores::RecordingStores;

/// Longer than the time-out of a claim in the inbox.
const PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_secs(61);
/// The maximum number of attempts of a step.
const MAX_ATTEMPTS: u32 = 6;

/// One step: a delivery to a function, or new commits for the relay.
#[derive(Clone)]
enum Step {
    Deliver(Box<Route>, Delivery),
    Relay(Vec<Commit>),
}

/// Which step is killed, and at which of its awaits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    pub(crate) step: usize,
    pub(crate) at: u32,
}

/// A message that is published as soon as another one is delivered.
pub(crate) struct Hook {
    pub(crate) trigger: &'static str,
    pub(crate) name: &'static str,
    pub(crate) data: serde_json::Value,
    /// How far the clock is moved before.
    pub(crate) after: jiff::SignedDuration,
}

impl Hook {
    /// On one message another one, at once.
    pub(crate) fn on(trigger: &'static str, name: &'static str, data: serde_json::Value) -> Self {
        Self { trigger, name, data, after: jiff::SignedDuration::ZERO }
    }
}

/// A bus that keeps the published entries for the next steps.
#[derive(Default)]
pub(crate) struct QueueBus {
    entries: Mutex<Vec<Entry>>,
}

#[async_trait]
impl Bus for QueueBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        tokio::task::yield_now().await;
        self.entries.lock().unwrap().extend(entries.iter().cloned());
        tokio::task::yield_now().await;
        entries.iter().map(|_| PublishOutcome::Accepted).collect()
    }
}

/// The application, its in-memory state and the steps to do.
pub(crate) struct Driver {
    pub(crate) app: App,
    pub(crate) memory: Memory,
    pub(crate) stores: Arc<RecordingStores>,
    pub(crate) bus: Arc<QueueBus>,
    pub(crate) published: Vec<Entry>,
    pub(crate) steps: Vec<String>,
    pub(crate) killed: bool,
    pub(crate) hooks: Vec<Hook>,
    routes: Vec<Route>,
    relayed: BTreeMap<StreamId, u64>,
    queue: VecDeque<Step>,
}

impl Driver {
    pub(crate) fn new(
        app: App,
        memory: Memory,
        stores: Arc<RecordingStores>,
        bus: Arc<QueueBus>,
        routes: Vec<Route>,
    ) -> Self {
        Self {
            app,
            memory,
            stores,
            bus,
            published: Vec::new(),
            steps: Vec::new(),
            killed: false,
            hooks: Vec::new(),
            routes,
            relayed: BTreeMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// Delivers a message to every function that handles it.
    pub(crate) fn deliver(&mut self, source: &str, name: &str, detail: Box<serde_json::value::RawValue>) {
        let time = self.app.clock().now();
        let id = self.memory.ids.uuid(time).to_string();
        for route in self.routes.iter().filter(|route| route.message == name) {
            let (source, detail_type) = (source.to_owned(), name.to_owned());
            let detail = detail.clone();
            let delivery =
                Delivery { id: id.clone(), source, account: None, detail_type, time, detail, replay_name: None };
            self.queue.push_back(Step::Deliver(Box::new(route.clone()), delivery));
        }
    }

    /// Runs until no step and no timer is left.
    pub(crate) async fn run(&mut self, kill: Option<Kill>) {
        loop {
            while let Some(step) = self.queue.pop_front() {
                let at = kill.filter(|kill| kill.step == self.steps.len()).map(|kill| kill.at);
                self.steps.push(match &step {
                    Step::Deliver(route, _) => route.function(),
                    Step::Relay(_) => "relay".to_owned(),
                });
                self.run_step(&step, at).await;
                self.collect().await;
            }
            let Some(due) = self.memory.timers.next_due() else { return };
            self.memory.clock.advance(due.duration_since(self.app.clock().now()).max(jiff::SignedDuration::ZERO));
            for timer in self.memory.timers.due(self.app.clock().now()) {
                self.deliver_entry(Entry::from_context(timer.key.stream.context(), timer.envelope));
            }
        }
    }

    /// Runs a step, killed once if `at` is set, until it is done.
    async fn run_step(&mut self, step: &Step, mut at: Option<u32>) {
        let mut reason = String::new();
        for _ in 0..MAX_ATTEMPTS {
            match Killable::new(self.attempt(step), at.take()).await {
                Completion::Finished(Ok(())) => return,
                Completion::Finished(Err(failure)) => reason = causeway::failure::causes(&failure),
                Completion::Killed => {
                    self.killed = true;
                    continue;
                }
            }
            self.memory.clock.advance(PAUSE);
        }
        panic!("{} is not done after {MAX_ATTEMPTS} attempts: {reason}", self.steps.last().unwrap());
    }

    fn attempt(&self, step: &Step) -> BoxFuture<'static, Result<(), Failure>> {
        let app = self.app.clone();
        match step.clone() {
            Step::Deliver(route, delivery) => async move { route.handle(&app, &delivery).await.map(|_| ()) }.boxed(),
            Step::Relay(commits) => async move {
                let results = relay(app.ports(), commits).await;
                results.into_iter().collect::<Result<(), _>>().map_err(Failure::Transient)
            }
            .boxed(),
        }
    }

    /// Delivers what was published and relays what was committed.
    async fn collect(&mut self) {
        let entries = std::mem::take(&mut *self.bus.entries.lock().unwrap());
        for entry in entries {
            self.deliver_entry(entry);
        }
        let mut commits = Vec::new();
        for stream in self.stores.streams() {
            let seen = self.relayed.entry(stream.clone()).or_default();
            for commit in self.stores.since(&stream, *seen + 1).await.unwrap() {
                *seen = commit.last_version();
                commits.push(commit);
            }
        }
        if !commits.is_empty() {
            self.queue.push_back(Step::Relay(commits));
        }
    }

    fn deliver_entry(&mut self, entry: Entry) {
        let detail = to_raw_value(&entry.envelope).unwrap();
        self.deliver(&entry.source.clone(), &entry.envelope.event_type.clone(), detail);
        let (now, later) = std::mem::take(&mut self.hooks)
            .into_iter()
            .partition::<Vec<_>, _>(|hook| hook.trigger == entry.envelope.event_type);
        self.hooks = later;
        for hook in now {
            self.memory.clock.advance(hook.after);
            self.publish(hook.name, &hook.data);
        }
        self.published.push(entry);
    }

    /// Publishes a command from outside, without metadata.
    pub(crate) fn publish(&mut self, name: &str, data: &serde_json::Value) {
        let detail = to_raw_value(&serde_json::json!({ "data": data })).unwrap();
        self.deliver("shop.web", name, detail);
    }
}
