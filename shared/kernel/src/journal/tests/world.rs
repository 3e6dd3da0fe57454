//! Random deliveries of a log to writers of a journal: shards that split, doubled and interleaved records, batches that
//! fail at any index, lost answers, an outage of more than a day with a repair, and two writers at once.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::SignedDuration;

use super::super::*;
use crate::{
    log::{Append, EventStore as _, SnapshotPolicy},
    memory::{MemoryClock, MemoryJournal, MemoryStore, lock::lock},
    testing::{
        ports::fixture::{commit_of, message, stream},
        sim::rng::Rng,
    },
    time::Clock,
};

/// A bug that a run plants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// The journal begins a batch one position too late.
    PositionSkipped,
    /// Commits are journalled before the log has them.
    AheadOfLog,
    /// Only the ids of the call are compared.
    ForgetsRepeats,
}

/// A journal that counts reads.
pub(super) struct SpyJournal {
    journal: Arc<MemoryJournal>,
    reads: AtomicU64,
}

impl SpyJournal {
    pub(super) fn on(journal: Arc<MemoryJournal>) -> Self {
        Self { journal, reads: AtomicU64::new(0) }
    }

    pub(super) fn take_reads(&self) -> u64 {
        self.reads.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl Journal for SpyJournal {
    async fn append(&self, partition: u32, batch: &Batch) -> Result<(), JournalError> {
        self.journal.append(partition, batch).await
    }

    async fn since(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.journal.since(partition, position, limit).await
    }

    async fn until(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.journal.until(partition, position, limit).await
    }
}

/// A journal of one writer: it fails, loses answers, returns few batches at a time, and lets the other writer go first.
struct FaultyJournal {
    journal: Arc<MemoryJournal>,
    rng: Rng,
    bug: Option<Bug>,
    /// What another writer appends before the next append of this one.
    rival: Mutex<Option<(JournalWriter, Vec<Commit>)>>,
}

#[async_trait]
impl Journal for FaultyJournal {
    async fn append(&self, partition: u32, batch: &Batch) -> Result<(), JournalError> {
        let rival = lock(&self.rival).take();
        if let Some((mut writer, commits)) = rival {
            writer.write(&commits).await?;
        }
        let down = || JournalError::Unavailable("injected".into());
        if self.rng.happens(0.1) {
            return Err(down());
        }
        let skips = self.bug == Some(Bug::PositionSkipped) && self.rng.happens(0.2);
        let batch = Batch { position: batch.position + u64::from(skips), ..batch.clone() };
        self.journal.append(partition, &batch).await?;
        if self.rng.happens(0.1) { Err(down()) } else { Ok(()) }
    }

    async fn since(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError> {
        let limit = 1 + u32::try_from(self.rng.below(u64::from(limit.min(3)))).unwrap_or(0);
        self.journal.since(partition, position, limit).await
    }

    async fn until(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError> {
        if self.bug == Some(Bug::ForgetsRepeats) && position != u64::MAX {
            // As if nothing came before.
            return Ok(Vec::new());
        }
        let limit = 1 + u32::try_from(self.rng.below(u64::from(limit.min(3)))).unwrap_or(0);
        self.journal.until(partition, position, limit).await
    }
}

/// How often a run met each case.
pub(super) type Seen = BTreeMap<&'static str, u32>;

struct World {
    rng: Rng,
    clock: Arc<MemoryClock>,
    store: MemoryStore,
    journal: Arc<MemoryJournal>,
    partitions: u32,
    heads: Vec<u64>,
    /// Records of each shard that are not delivered yet.
    shards: Vec<VecDeque<Commit>>,
    /// Records that were delivered, and may come again.
    delivered: Vec<Commit>,
    bug: Option<Bug>,
    seen: Seen,
    commands: u32,
}

impl World {
    fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    /// A writer, cold, on the journal of this world.
    fn writer(&self, rival: Option<(JournalWriter, Vec<Commit>)>) -> JournalWriter {
        let journal = FaultyJournal {
            journal: self.journal.clone(),
            rng: self.rng.clone(),
            bug: self.bug,
            rival: Mutex::new(rival),
        };
        JournalWriter::new(Arc::new(journal), self.clock.clone(), self.partitions)
    }

    /// Appends a commit to the log, or loses a race; then a shard has its record.
    fn append(&mut self) {
        let which = self.rng.index(self.heads.len());
        let stream = stream("journal", &format!("s-{which}"));
        let events = 1 + self.rng.below(4);
        self.commands += 1;
        let events = (0..events).map(|index| message("Noted", &serde_json::json!({ "index": index })));
        let made = commit_of(&stream, self.heads[which] + 1, &format!("c-{}", self.commands), events.collect());
        // A writer of the log whose clock is off.
        let off = SignedDuration::from_mins(i64::try_from(self.rng.below(30)).unwrap_or(0) - 15);
        let id = CommitId::new(crate::time::Ids::uuid(&self.rng, self.clock.now()));
        let made = Commit { at: self.clock.now() + off, id, ..made };
        if self.bug == Some(Bug::AheadOfLog) && self.rng.happens(0.1) {
            // The append loses, but its record is there already.
            let shard = self.rng.index(self.shards.len());
            self.shards[shard].push_back(made);
            return;
        }
        let append = Append { commit: &made, snapshot: SnapshotPolicy::IfFree, once: false };
        block_on(self.store.append(append)).expect("it is the next version");
        self.heads[which] = made.last_version();
        // The order of one item only is kept, so any shard may have the record.
        let shard = self.rng.index(self.shards.len());
        self.shards[shard].push_back(made);
    }

    /// Delivers a batch of a shard to a writer until it succeeds, from any index after a failure.
    fn deliver(&mut self, writer: &mut JournalWriter) {
        let shard = self.rng.index(self.shards.len());
        let size = 1 + self.rng.index(6);
        let waiting = &mut self.shards[shard];
        let mut batch: Vec<Commit> = waiting.drain(..size.min(waiting.len())).collect();
        for _ in 0..self.rng.below(3) {
            if !self.delivered.is_empty() {
                let again = self.delivered[self.rng.index(self.delivered.len())].clone();
                batch.insert(self.rng.index(batch.len() + 1), again);
                self.count("doubled records");
            }
        }
        if self.rng.happens(0.2) && !batch.is_empty() {
            let theirs = batch.iter().chain(self.delivered.last()).cloned().collect();
            *writer = self.writer(Some((self.writer(None), theirs)));
            self.count("two writers at once");
        }
        let mut from = 0;
        loop {
            match block_on(writer.write(&batch[from..])) {
                Ok(_) => break,
                Err(JournalError::Unavailable(_)) => {
                    self.count("failed batches");
                    // A part was handled before the failure, and is delivered again or not.
                    let cut = from + self.rng.index(batch.len() - from + 1);
                    if block_on(writer.write(&batch[from..cut])).is_ok() {
                        from = cut;
                    }
                    if self.rng.happens(0.5) {
                        *writer = self.writer(None);
                    }
                }
                Err(error) => {
                    // Only a planted bug leads here; the laws name it.
                    self.seen.insert("errors", 1);
                    drop(error);
                    break;
                }
            }
        }
        self.delivered.extend(batch);
    }

    /// No record of what was appended in the last hours is left; the log itself is delivered.
    fn outage(&mut self) {
        self.shards.iter_mut().for_each(VecDeque::clear);
        self.clock.advance(SignedDuration::from_hours(25));
        let mut log = self.store.changes(0);
        log.sort_by(|one, other| (&one.stream, one.version).cmp(&(&other.stream, other.version)));
        let mut writer = self.writer(None);
        for page in log.chunks(3) {
            while block_on(writer.write(page)).is_err_and(|error| matches!(error, JournalError::Unavailable(_))) {}
        }
        self.count("outages");
    }

    /// The laws of a journal that has caught up with its log.
    fn check(&self) -> Result<(), String> {
        let log = self.store.changes(0);
        let mut missing: HashMap<CommitId, &Commit> = log.iter().map(|commit| (commit.id, commit)).collect();
        for partition in 0..MAX_PARTITIONS {
            let mut next = 1;
            for batch in self.journal.batches(partition) {
                if batch.position != next {
                    return Err(format!("position {next} is missing before {}", batch.position));
                }
                next = batch.next();
                for commit in &batch.commits {
                    let place = format!("{} version {}", commit.stream, commit.version);
                    if partition_of(&commit.stream, self.partitions) != partition {
                        return Err(format!("{place} is in partition {partition}"));
                    }
                    match missing.remove(&commit.id) {
                        Some(logged) if JournalCommit::from(logged) == *commit => {}
                        Some(_) => return Err(format!("{place} differs from the log")),
                        None => return Err(format!("{place} is there twice, or not in the log")),
                    }
                }
            }
        }
        match missing.into_values().next() {
            Some(commit) => Err(format!("{} version {} is missing", commit.stream, commit.version)),
            None => Ok(()),
        }
    }
}

/// One random run. What it met, or the law that it broke.
pub(super) fn run(seed: u64, bug: Option<Bug>) -> Result<Seen, String> {
    let rng = Rng::seeded(seed);
    let mut world = World {
        clock: Arc::new(MemoryClock::default()),
        store: MemoryStore::default(),
        journal: Arc::default(),
        partitions: [1, 1, 3][rng.index(3)],
        heads: vec![0; 1 + rng.index(5)],
        shards: vec![VecDeque::new(); 1 + rng.index(3)],
        delivered: Vec::new(),
        bug,
        seen: Seen::new(),
        commands: 0,
        rng,
    };
    let mut writer = world.writer(None);
    for _ in 0..40 {
        match world.rng.below(10) {
            0..=3 => world.append(),
            4..=6 => world.deliver(&mut writer),
            7 => world.clock.advance(SignedDuration::from_mins(1 + i64::try_from(world.rng.below(40)).unwrap_or(0))),
            8 if world.rng.happens(0.3) => {
                // A shard splits: what comes after goes to its child.
                world.shards.push(VecDeque::new());
                world.count("shard splits");
            }
            8 => {
                writer = world.writer(None);
                world.count("cold writers");
            }
            _ if world.rng.happens(0.2) => world.outage(),
            _ => {}
        }
    }
    while world.shards.iter().any(|shard| !shard.is_empty()) {
        world.deliver(&mut writer);
    }
    world.check().map(|()| world.seen)
}
