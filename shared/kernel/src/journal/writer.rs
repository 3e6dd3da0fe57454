//! [`JournalWriter`]: appends commits to the journal, each once, however often and in whatever order they come.
//!
//! The journal itself says what it holds. A writer remembers the ids of the newest batches, and reads further back if a
//! commit is older than they are: a commit that was appended to the log at some time cannot be in a batch that was written
//! before. Clocks may differ by [`CLOCK_SKEW`]; time decides how much is read, and ids decide what is new.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    journal::{Batch, Journal, JournalCommit, JournalError, MAX_PARTITIONS, partition_of},
    log::Commit,
    message::{CommitId, StreamId},
    time::Clock,
};

/// The most that two clocks may differ. AWS rejects requests whose time is off by 15 minutes, so the clock of one that
/// appended to the log and that of one that wrote to the journal differ by twice as much at most.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(30);

/// The size of a batch before compression, in bytes, at which the next one begins.
const BATCH_BYTES: usize = 256 * 1024;

/// The most events of a batch.
const BATCH_EVENTS: usize = 1_000;

/// How many batches one request reads.
const READ_BATCHES: u32 = 100;

/// How many commits a writer remembers between two calls.
const REMEMBERED: usize = 200_000;

/// How often other writers may win before the call fails.
const MAX_LOSSES: u32 = 50;

/// Appends commits to a journal.
pub struct JournalWriter {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    partitions: Vec<Known>,
}

/// What a call has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Commits that are new in the journal.
    pub commits: u64,
    /// Their events.
    pub events: u64,
    /// The batches.
    pub batches: u64,
}

/// The newest batches of a partition, as far as they are known.
#[derive(Default)]
struct Known {
    /// The position of the next batch; none before the first read.
    next: Option<u64>,
    /// Position and time of each batch with the ids of its commits, oldest first, without a gap.
    batches: VecDeque<(u64, Timestamp, Vec<CommitId>)>,
    ids: HashSet<CommitId>,
}

impl JournalWriter {
    /// A writer of a journal with so many partitions, which must stay the same.
    pub fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, partitions: u32) -> Self {
        let partitions = (0..partitions.clamp(1, MAX_PARTITIONS)).map(|_| Known::default()).collect();
        Self { journal, clock, partitions }
    }

    /// Appends the commits that the journal does not hold yet. The caller repeats a call that failed, with the same
    /// commits or more.
    ///
    /// A warm writer needs one conditional write for each batch and reads nothing.
    pub async fn write<'c>(&mut self, commits: impl IntoIterator<Item = &'c Commit>) -> Result<Written, JournalError> {
        let mut by_partition: BTreeMap<u32, Vec<JournalCommit>> = BTreeMap::new();
        let partitions = u32::try_from(self.partitions.len()).unwrap_or(1);
        for commit in commits {
            by_partition.entry(partition_of(&commit.stream, partitions)).or_default().push(commit.into());
        }
        let mut written = Written::default();
        for (partition, commits) in by_partition {
            self.write_partition(partition, by_version(commits), &mut written).await?;
        }
        Ok(written)
    }

    async fn write_partition(
        &mut self,
        partition: u32,
        mut commits: Vec<JournalCommit>,
        written: &mut Written,
    ) -> Result<(), JournalError> {
        let Some(known) = self.partitions.get_mut(partition as usize) else { return Ok(()) };
        let journal = self.journal.as_ref();
        let mut losses = 0;
        while let Some(oldest) = commits.iter().map(|commit| commit.at).min() {
            let next = known.read_back(journal, partition, oldest).await?;
            let mut first_time = HashSet::new();
            commits.retain(|commit| !known.ids.contains(&commit.id) && first_time.insert(commit.id));
            let count = batch_len(&commits);
            if count == 0 {
                break;
            }
            let rest = commits.split_off(count);
            let batch = Batch { position: next, at: self.clock.now(), commits };
            match journal.append(partition, &batch).await {
                Ok(()) => {
                    written.commits += count as u64;
                    written.events += batch.next() - batch.position;
                    written.batches += 1;
                    known.push(&batch);
                    commits = rest;
                }
                // Another writer, or an earlier attempt of this one whose answer was lost.
                Err(JournalError::Taken { .. }) if losses < MAX_LOSSES => {
                    losses += 1;
                    known.catch_up(journal, partition).await?;
                    commits = batch.commits;
                    commits.extend(rest);
                }
                Err(error) => return Err(error),
            }
        }
        known.trim();
        Ok(())
    }
}

impl Known {
    /// Reads back until no earlier batch can hold a commit that was appended at `oldest` or later. Returns the next
    /// position.
    async fn read_back(
        &mut self,
        journal: &dyn Journal,
        partition: u32,
        oldest: Timestamp,
    ) -> Result<u64, JournalError> {
        let next = match self.next {
            Some(next) => next,
            None => {
                let newest = journal.until(partition, u64::MAX, 1).await?.pop();
                let next = newest.as_ref().map_or(1, Batch::next);
                if let Some(batch) = &newest {
                    let known = self.remember(batch);
                    self.batches.push_back(known);
                }
                self.next = Some(next);
                next
            }
        };
        let from = oldest.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
        loop {
            let (floor, at) = self.batches.front().map_or((next, Timestamp::MAX), |(position, at, _)| (*position, *at));
            if floor <= 1 || at < from {
                return Ok(next);
            }
            let older = journal.until(partition, floor - 1, READ_BATCHES).await?;
            let mut expected = floor;
            for batch in &older {
                if batch.next() != expected {
                    return Err(JournalError::Gap { expected: batch.next(), found: expected });
                }
                expected = batch.position;
                let known = self.remember(batch);
                self.batches.push_front(known);
            }
            if older.is_empty() {
                return Err(JournalError::Gap { expected: 1, found: floor });
            }
        }
    }

    /// Reads what other writers have appended.
    async fn catch_up(&mut self, journal: &dyn Journal, partition: u32) -> Result<(), JournalError> {
        loop {
            let next = self.next.unwrap_or(1);
            let newer = journal.since(partition, next, READ_BATCHES).await?;
            if newer.is_empty() {
                return Ok(());
            }
            for batch in &newer {
                let expected = self.next.unwrap_or(1);
                if batch.position != expected {
                    return Err(JournalError::Gap { expected, found: batch.position });
                }
                self.push(batch);
            }
        }
    }

    fn push(&mut self, batch: &Batch) {
        let known = self.remember(batch);
        self.batches.push_back(known);
        self.next = Some(batch.next());
    }

    fn remember(&mut self, batch: &Batch) -> (u64, Timestamp, Vec<CommitId>) {
        let ids: Vec<CommitId> = batch.commits.iter().map(|commit| commit.id).collect();
        self.ids.extend(&ids);
        (batch.position, batch.at, ids)
    }

    /// Forgets the oldest batches, but for the newest one.
    fn trim(&mut self) {
        while self.ids.len() > REMEMBERED && self.batches.len() > 1 {
            let Some((_, _, ids)) = self.batches.pop_front() else { return };
            for id in ids {
                self.ids.remove(&id);
            }
        }
    }
}

/// The commits of each stream by version, at the places that they came at.
fn by_version(commits: Vec<JournalCommit>) -> Vec<JournalCommit> {
    let mut streams: BTreeMap<StreamId, Vec<JournalCommit>> = BTreeMap::new();
    let places: Vec<StreamId> = commits.iter().map(|commit| commit.stream.clone()).collect();
    for commit in commits {
        streams.entry(commit.stream.clone()).or_default().push(commit);
    }
    for commits in streams.values_mut() {
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.version));
    }
    places.iter().filter_map(|stream| streams.get_mut(stream)?.pop()).collect()
}

/// How many of the commits are one batch.
fn batch_len(commits: &[JournalCommit]) -> usize {
    let (mut bytes, mut events) = (0, 0);
    for (index, commit) in commits.iter().enumerate() {
        bytes += commit.events.iter().map(|event| event.name.len() + event.data.get().len()).sum::<usize>();
        events += commit.events.len();
        if index > 0 && (bytes > BATCH_BYTES || events > BATCH_EVENTS) {
            return index;
        }
    }
    commits.len()
}
