//! A house that does one thing after another, so that one of its steps can be killed at one of its awaits and begun
//! again, and all that follows can be compared with a run in which nothing was killed.

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

/// Longer than a claim in the inbox holds.
const PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_secs(61);
/// So often a step is begun again.
const TRIES: u32 = 6;

/// One step: a delivery to a function, or the relay's way with new commits.
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

/// What somebody says as soon as something is heard.
pub(crate) struct Hook {
    pub(crate) heard: &'static str,
    pub(crate) name: &'static str,
    pub(crate) data: serde_json::Value,
    /// How far the clock is moved before.
    pub(crate) after: jiff::SignedDuration,
}

impl Hook {
    /// On one message another one, at once.
    pub(crate) fn on(heard: &'static str, name: &'static str, data: serde_json::Value) -> Self {
        Self { heard, name, data, after: jiff::SignedDuration::ZERO }
    }
}

/// A bus that keeps what it hears for the next steps.
#[derive(Default)]
pub(crate) struct QueueBus {
    heard: Mutex<Vec<Entry>>,
}

#[async_trait]
impl Bus for QueueBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        tokio::task::yield_now().await;
        self.heard.lock().unwrap().extend(entries.iter().cloned());
        tokio::task::yield_now().await;
        entries.iter().map(|_| PublishOutcome::Accepted).collect()
    }
}

/// The house.
pub(crate) struct Driver {
    pub(crate) app: App,
    pub(crate) memory: Memory,
    pub(crate) witness: Arc<RecordingStores>,
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
        witness: Arc<RecordingStores>,
        bus: Arc<QueueBus>,
        routes: Vec<Route>,
    ) -> Self {
        Self {
            app,
            memory,
            witness,
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

    /// Somebody outside says this.
    pub(crate) fn say(&mut self, source: &str, name: &str, detail: Box<serde_json::value::RawValue>) {
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

    /// Does all that is to do, timers included.
    pub(crate) async fn run(&mut self, kill: Option<Kill>) {
        loop {
            while let Some(step) = self.queue.pop_front() {
                let at = kill.filter(|kill| kill.step == self.steps.len()).map(|kill| kill.at);
                self.steps.push(match &step {
                    Step::Deliver(route, _) => route.function(),
                    Step::Relay(_) => "relay".to_owned(),
                });
                self.take(&step, at).await;
                self.look().await;
            }
            let Some(due) = self.memory.timers.next_due() else { return };
            self.memory.clock.advance(due.duration_since(self.app.clock().now()).max(jiff::SignedDuration::ZERO));
            for timer in self.memory.timers.due(self.app.clock().now()) {
                self.hear(Entry::from_context(timer.key.stream.context(), timer.envelope));
            }
        }
    }

    /// One step, killed perhaps, and begun again until it is done.
    async fn take(&mut self, step: &Step, mut at: Option<u32>) {
        let mut reason = String::new();
        for _ in 0..TRIES {
            match Killable::new(self.life(step), at.take()).await {
                Completion::Finished(Ok(())) => return,
                Completion::Finished(Err(failure)) => reason = causeway::failure::causes(&failure),
                Completion::Killed => {
                    self.killed = true;
                    continue;
                }
            }
            self.memory.clock.advance(PAUSE);
        }
        panic!("{} is not done after {TRIES} tries: {reason}", self.steps.last().unwrap());
    }

    fn life(&self, step: &Step) -> BoxFuture<'static, Result<(), Failure>> {
        let app = self.app.clone();
        match step.clone() {
            Step::Deliver(route, delivery) => async move { route.handle(&app, &delivery).await.map(|_| ()) }.boxed(),
            Step::Relay(commits) => async move {
                let answers = relay(app.ports(), commits).await;
                answers.into_iter().collect::<Result<(), _>>().map_err(Failure::Transient)
            }
            .boxed(),
        }
    }

    /// Delivers what was published and relays what was committed.
    async fn look(&mut self) {
        let heard = std::mem::take(&mut *self.bus.heard.lock().unwrap());
        for entry in heard {
            self.hear(entry);
        }
        let mut commits = Vec::new();
        for stream in self.witness.streams() {
            let seen = self.relayed.entry(stream.clone()).or_default();
            for commit in self.witness.since(&stream, *seen + 1).await.unwrap() {
                *seen = commit.last_version();
                commits.push(commit);
            }
        }
        if !commits.is_empty() {
            self.queue.push_back(Step::Relay(commits));
        }
    }

    fn hear(&mut self, entry: Entry) {
        let detail = to_raw_value(&entry.envelope).unwrap();
        self.say(&entry.source.clone(), &entry.envelope.event_type.clone(), detail);
        let (now, later) = std::mem::take(&mut self.hooks)
            .into_iter()
            .partition::<Vec<_>, _>(|hook| hook.heard == entry.envelope.event_type);
        self.hooks = later;
        for hook in now {
            self.memory.clock.advance(hook.after);
            self.tell(hook.name, &hook.data);
        }
        self.published.push(entry);
    }

    /// Somebody outside says this, with nothing around it.
    pub(crate) fn tell(&mut self, name: &str, data: &serde_json::Value) {
        let detail = to_raw_value(&serde_json::json!({ "data": data })).unwrap();
        self.say("shop.web", name, detail);
    }
}
