//! [`SimRelay`]: the relay on the log's change stream: batches from a checkpoint, with streams interleaved; unacknowledged
//! records come again, and the relay may be killed.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;

use super::{
    bus::SimBus,
    fault_plan::FaultPlan,
    killable::{Completion, Killable},
};
use crate::{
    MessageId, StreamId,
    delivery::relay,
    failure::BoxError,
    log::{Append, AppendError, Appended, Commit, EventStore, ReadError},
    memory::{MemoryStore, lock::lock},
    time::Clock,
};

/// The largest batch.
const BATCH: u64 = 8;
/// The relay is killed at one of this many awaits.
const AWAITS: u64 = 40;
/// The timeout of one relay run.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// The change stream of a log.
pub trait Changes: Send + Sync {
    /// The commits in the order they were appended, from this index on.
    fn changes(&self, from: usize) -> Vec<Commit>;
}

/// A log with its change stream.
pub trait Log: EventStore + Changes {}

impl<L: EventStore + Changes> Log for L {}

impl Changes for MemoryStore {
    fn changes(&self, from: usize) -> Vec<Commit> {
        Self::changes(self, from)
    }
}

/// How many of a batch's records are acknowledged, given one result per record.
pub type Acknowledge = fn(&[Result<(), BoxError>]) -> usize;

/// All records before the first failed one.
pub fn up_to_the_first_failure(answers: &[Result<(), BoxError>]) -> usize {
    answers.iter().position(Result::is_err).unwrap_or(answers.len())
}

/// The relay of a simulation.
pub struct SimRelay {
    log: Arc<dyn Log>,
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
    acknowledge: Acknowledge,
    shard: Mutex<Shard>,
}

/// The records of the change stream and its checkpoint.
#[derive(Default)]
struct Shard {
    records: Vec<Commit>,
    done: usize,
    begun: usize,
    running: bool,
}

impl SimRelay {
    /// A relay from this log to this bus.
    pub fn new(log: Arc<dyn Log>, fault_plan: &FaultPlan, bus: &Arc<SimBus>, acknowledge: Acknowledge) -> Self {
        Self { log, fault_plan: fault_plan.clone(), bus: Arc::clone(bus), acknowledge, shard: Mutex::default() }
    }

    /// Starts the relay after an append, if it is not running.
    pub fn wake(self: &Arc<Self>) {
        self.poll_changes();
        let stopped = !std::mem::replace(&mut lock(&self.shard).running, true);
        if stopped {
            self.fault_plan.schedule.spawn(Arc::clone(self).run());
        }
    }

    /// Adds the new commits to the records, interleaved, each stream in order.
    fn poll_changes(&self) {
        let mut shard = lock(&self.shard);
        let known = shard.records.len();
        for commit in self.log.changes(known) {
            let lowest = shard.records.iter().rposition(|record| record.stream == commit.stream);
            let lowest = lowest.map_or(0, |index| index + 1).max(shard.begun);
            let index = lowest + self.fault_plan.rng.index(shard.records.len() - lowest + 1);
            shard.records.insert(index, commit);
        }
    }

    async fn run(self: Arc<Self>) {
        loop {
            self.fault_plan.schedule.sleep(self.fault_plan.rng.up_to(SignedDuration::from_millis(300))).await;
            let batch = self.batch();
            if batch.is_empty() {
                return;
            }
            let Some(app) = self.bus.any_app() else { return };
            if let Some(old) = self.old_record() {
                // Nobody waits for its answer.
                drop(relay(app.ports(), vec![old]).await);
            }
            let awaits = self.fault_plan.last_await(AWAITS);
            let run = Box::pin(async move { relay(app.ports(), batch).await });
            match Killable::new(run, awaits).within(TIMEOUT, &self.fault_plan.schedule).await {
                Completion::Finished(answers) => {
                    let done = (self.acknowledge)(&answers);
                    self.bus.trace(|| format!("relay: {done} of {} done", answers.len()));
                    lock(&self.shard).done += done;
                }
                Completion::Killed => self.bus.trace(|| "relay: killed".to_owned()),
            }
        }
    }

    /// A record that was relayed long ago, if it comes again now.
    fn old_record(&self) -> Option<Commit> {
        let again = self.fault_plan.occurs(self.fault_plan.faults().old_records);
        let shard = lock(&self.shard);
        let records = shard.records.get(..shard.done).filter(|records| again && !records.is_empty())?;
        records.get(self.fault_plan.rng.index(records.len())).cloned()
    }

    /// The next records; if there are none, the relay stops.
    fn batch(&self) -> Vec<Commit> {
        let most = 1 + self.fault_plan.rng.index(BATCH as usize);
        let mut shard = lock(&self.shard);
        let batch: Vec<Commit> = shard.records.iter().skip(shard.done).take(most).cloned().collect();
        shard.begun = shard.begun.max(shard.done + batch.len());
        shard.running = !batch.is_empty();
        batch
    }
}

/// A log that wakes the relay after each append.
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

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.log.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.log.since(stream, from).await
    }
}
