//! [`MemoryStore`]: a log in memory, with the limits of DynamoDB.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use async_trait::async_trait;

use crate::{
    MessageId, StreamId,
    log::{
        Append, AppendError, Appended, Commit, EmbeddedSnapshot, EventStore, ReadError, SnapshotPolicy, TimerChange,
    },
    memory::lock::lock,
};

/// The largest item, in bytes.
const LIMIT: usize = 400 * 1024;
/// The bytes of one write capacity unit.
const UNIT: usize = 1024;

/// A log in memory. Commits are kept in the order of their appends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    streams: BTreeMap<StreamId, BTreeMap<u64, usize>>,
    order: Vec<Commit>,
    once: HashMap<(StreamId, MessageId), u64>,
}

impl MemoryStore {
    /// The commits in the order they were appended, from this index on.
    pub fn changes(&self, from: usize) -> Vec<Commit> {
        lock(&self.log).order.get(from..).map(<[Commit]>::to_vec).unwrap_or_default()
    }

    /// All streams.
    pub fn streams(&self) -> Vec<StreamId> {
        lock(&self.log).streams.keys().cloned().collect()
    }
}

impl Log {
    fn newest(&self, stream: &StreamId) -> Option<&Commit> {
        let (_, place) = self.streams.get(stream)?.last_key_value()?;
        self.order.get(*place)
    }

    fn at(&self, stream: &StreamId, version: u64) -> Option<&Commit> {
        self.order.get(*self.streams.get(stream)?.get(&version)?)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let commit = append.commit;
        let Commit { stream, version, .. } = commit;
        let bytes = size(commit);
        if bytes > LIMIT {
            return Err(AppendError::TooLarge { stream: stream.clone(), bytes, limit: LIMIT });
        }
        let mut log = lock(&self.log);
        let marker = (stream.clone(), commit.command.clone());
        if let Some(version) = log.once.get(&marker).filter(|_| append.once) {
            return Err(AppendError::Repeated { command: commit.command.clone(), version: *version });
        }
        if let Some(winner) = log.at(stream, *version) {
            let winner = Box::new(winner.clone());
            return Err(AppendError::Conflict { stream: stream.clone(), version: *version, winner });
        }
        let snapshot = commit.snapshot.clone().filter(|snapshot| fits(bytes, snapshot_size(snapshot), append.snapshot));
        let appended = Appended { snapshot: snapshot.is_some() };
        let place = log.order.len();
        log.order.push(Commit { snapshot, ..commit.clone() });
        log.streams.entry(stream.clone()).or_default().insert(*version, place);
        if append.once {
            log.once.insert(marker, *version);
        }
        Ok(appended)
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        Ok(lock(&self.log).newest(stream).cloned())
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        Ok(lock(&self.log).once.get(&(stream.clone(), command.clone())).copied())
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        let log = lock(&self.log);
        let Some(places) = log.streams.get(stream) else { return Ok(Vec::new()) };
        Ok(places.range(from..).filter_map(|(_, place)| log.order.get(*place).cloned()).collect())
    }

    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        Ok(lock(&self.log).at(stream, version).cloned())
    }
}

/// Whether a snapshot of this size is stored with a commit of that size.
fn fits(commit: usize, snapshot: usize, policy: SnapshotPolicy) -> bool {
    let total = commit + snapshot;
    match policy {
        SnapshotPolicy::IfFree => total.div_ceil(UNIT) == commit.div_ceil(UNIT),
        SnapshotPolicy::Must => total <= LIMIT,
    }
}

/// The approximate size of the commit without its snapshot.
fn size(commit: &Commit) -> usize {
    let events: usize = commit.events.iter().map(|event| event.name.len() + event.data.get().len()).sum();
    let send = |send: &crate::log::commit::Send| send.message.name.len() + send.message.data.get().len();
    let sends: usize = commit.sends.iter().map(send).sum();
    let timer = |timer: &TimerChange| match timer {
        TimerChange::Set { name, message, .. } => name.len() + message.name.len() + message.data.get().len(),
        TimerChange::Cancel { name } => name.len(),
    };
    events + sends + commit.timers.iter().map(timer).sum::<usize>()
}

fn snapshot_size(snapshot: &EmbeddedSnapshot) -> usize {
    let recent: usize = snapshot.recent.iter().map(|recent| recent.0.len() + 8).sum();
    snapshot.shape.len() + snapshot.state.get().len() + recent
}
