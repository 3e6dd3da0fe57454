//! The stream of the log's changes and the relay on it: batches from a checkpoint, streams mixed, records that come
//! again until they are done, and a relay that may be killed on the way.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;

use super::{
    bus::SimBus,
    fault_plan::FaultPlan,
    killable::{Completion, Killable},
    rng::Rng,
    schedule::{Schedule, lock},
};
use crate::{
    delivery::relay::relay,
    failure::BoxError,
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError},
    },
    memory::MemoryStore,
    message::id::StreamId,
    time::clock::Clock,
};

/// The largest batch.
const BATCH: u64 = 8;
/// The relay is killed at one of so many awaits.
const AWAITS: u64 = 40;
/// The relay is killed when it takes longer.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// Where the log's changes can be seen.
pub trait Changes: Send + Sync {
    /// All commits in the order they were appended, from this place on.
    fn changes(&self, from: usize) -> Vec<Commit>;
}

/// A log with its changes.
pub trait Log: EventStore + Changes {}

impl<L: EventStore + Changes> Log for L {}

impl Changes for MemoryStore {
    fn changes(&self, from: usize) -> Vec<Commit> {
        Self::changes(self, from)
    }
}

/// How many of a batch's records are behind us, given one answer per record.
pub type Acknowledge = fn(&[Result<(), BoxError>]) -> usize;

/// All before the first that is not done.
pub fn up_to_the_first_not_done(answers: &[Result<(), BoxError>]) -> usize {
    answers.iter().position(Result::is_err).unwrap_or(answers.len())
}

/// The relay of a simulated house.
pub struct SimRelay {
    log: Arc<dyn Log>,
    schedule: Schedule,
    rng: Rng,
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
    acknowledge: Acknowledge,
    shard: Mutex<Shard>,
}

/// The records of the stream of changes and how far they are done.
#[derive(Default)]
struct Shard {
    records: Vec<Commit>,
    done: usize,
    begun: usize,
    running: bool,
}

impl SimRelay {
    /// A relay from this log to this bus.
    pub fn new(
        log: Arc<dyn Log>,
        (schedule, rng, fault_plan): (&Schedule, &Rng, &FaultPlan),
        bus: &Arc<SimBus>,
        acknowledge: Acknowledge,
    ) -> Self {
        Self {
            log,
            schedule: schedule.clone(),
            rng: rng.clone(),
            fault_plan: fault_plan.clone(),
            bus: Arc::clone(bus),
            acknowledge,
            shard: Mutex::default(),
        }
    }

    /// Something was appended: the relay wakes up, if it is not awake.
    pub fn wake(self: &Arc<Self>) {
        self.look();
        let asleep = !std::mem::replace(&mut lock(&self.shard).running, true);
        if asleep {
            self.schedule.spawn(Arc::clone(self).run());
        }
    }

    /// The new changes become records, streams mixed, each stream in its order.
    fn look(&self) {
        let mut shard = lock(&self.shard);
        let known = shard.records.len();
        for commit in self.log.changes(known) {
            let lowest = shard.records.iter().rposition(|record| record.stream == commit.stream);
            let lowest = lowest.map_or(0, |place| place + 1).max(shard.begun);
            let place = lowest + self.rng.index(shard.records.len() - lowest + 1);
            shard.records.insert(place, commit);
        }
    }

    async fn run(self: Arc<Self>) {
        loop {
            self.schedule.sleep(self.rng.up_to(SignedDuration::from_millis(300))).await;
            let batch = self.batch();
            if batch.is_empty() {
                return;
            }
            let Some(app) = self.bus.environments().any(&self.rng) else { return };
            let awaits = self.fault_plan.last_await(AWAITS);
            let schedule = self.schedule.clone();
            let over = schedule.now() + TIMEOUT;
            let life = Box::pin(async move { relay(&app, batch).await });
            match Killable::new(life, awaits).until(move || schedule.now() > over).await {
                Completion::Finished(answers) => {
                    let done = (self.acknowledge)(&answers);
                    self.bus.trace(|| format!("relay: {done} of {} done", answers.len()));
                    lock(&self.shard).done += done;
                }
                Completion::Killed => self.bus.trace(|| "relay: killed".to_owned()),
            }
        }
    }

    /// The next records; none: the relay goes to sleep.
    fn batch(&self) -> Vec<Commit> {
        let most = 1 + self.rng.index(BATCH as usize);
        let mut shard = lock(&self.shard);
        let batch: Vec<Commit> = shard.records.iter().skip(shard.done).take(most).cloned().collect();
        shard.begun = shard.begun.max(shard.done + batch.len());
        shard.running = !batch.is_empty();
        batch
    }
}

/// A log that wakes the relay.
pub(super) struct Watched {
    pub(super) log: Arc<dyn Log>,
    pub(super) relay: Arc<SimRelay>,
}

#[async_trait]
impl EventStore for Watched {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let appended = self.log.append(append).await;
        if appended.is_ok() {
            self.relay.wake();
        }
        appended
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.log.newest(stream).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.log.since(stream, from).await
    }
}
