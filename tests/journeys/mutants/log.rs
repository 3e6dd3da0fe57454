//! Logs with one thing wrong.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use causeway::{
    MessageId, StreamId,
    command::snapshot::fingerprint,
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError},
    },
    memory::Memory,
    testing::sim::{Changes, Log, Plan},
};
use domain::inventory::Inventory;

/// Whoever comes second writes over the first.
pub(super) fn without_condition(plan: &mut Plan, _: &Memory) {
    plan.log = Arc::new(WithoutCondition { first: Arc::clone(&plan.log), written: Mutex::default() });
}

/// Nobody knows whose commit stands there, nor that a command was obeyed.
pub(super) fn own_retry_taken_for_a_conflict(plan: &mut Plan, _: &Memory) {
    plan.log = Arc::new(Nameless { log: Arc::clone(&plan.log) });
}

/// A shelf's state is taken for ours, whatever its shape.
pub(super) fn stale_state_trusted(plan: &mut Plan, _: &Memory) {
    plan.log = Arc::new(Trusting { log: Arc::clone(&plan.log) });
}

struct WithoutCondition {
    /// What was there before the story.
    first: Arc<dyn Log>,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    items: BTreeMap<StreamId, BTreeMap<u64, Commit>>,
    order: Vec<Commit>,
}

impl WithoutCondition {
    fn read<T>(&self, read: impl FnOnce(&mut Written) -> T) -> T {
        let mut written = self.written.lock().unwrap();
        if written.order.is_empty() {
            for commit in self.first.changes(0) {
                written.put(commit);
            }
        }
        read(&mut written)
    }
}

impl Written {
    fn put(&mut self, commit: Commit) {
        self.items.entry(commit.stream.clone()).or_default().insert(commit.version, commit.clone());
        self.order.push(commit);
    }
}

impl Changes for WithoutCondition {
    fn changes(&self, from: usize) -> Vec<Commit> {
        self.read(|written| written.order.get(from..).map(<[Commit]>::to_vec).unwrap_or_default())
    }
}

#[async_trait]
impl EventStore for WithoutCondition {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.read(|written| written.put(append.commit.clone()));
        Ok(Appended { snapshot: append.commit.snapshot.is_some() })
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        Ok(self.read(|written| written.items.get(stream)?.last_key_value().map(|(_, commit)| commit.clone())))
    }

    async fn marked(&self, _: &StreamId, _: &MessageId) -> Result<Option<u64>, ReadError> {
        Ok(None)
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        let commits = |written: &mut Written| {
            let items = written.items.get(stream).into_iter();
            items.flat_map(|items| items.range(from..)).map(|(_, commit)| commit.clone()).collect()
        };
        Ok(self.read(commits))
    }
}

struct Nameless {
    log: Arc<dyn Log>,
}

impl Nameless {
    fn nameless(mut commit: Commit) -> Commit {
        commit.command = MessageId::new("nobody").unwrap();
        if let Some(carried) = &mut commit.snapshot {
            carried.recent.clear();
        }
        commit
    }
}

impl Changes for Nameless {
    fn changes(&self, from: usize) -> Vec<Commit> {
        self.log.changes(from)
    }
}

#[async_trait]
impl EventStore for Nameless {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let result = self.log.append(Append { once: false, ..append }).await;
        result.map_err(|error| match error {
            AppendError::Conflict { stream, version, winner } => {
                AppendError::Conflict { stream, version, winner: Box::new(Self::nameless(*winner)) }
            }
            error => error,
        })
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        Ok(self.log.newest(stream).await?.map(Self::nameless))
    }

    async fn marked(&self, _: &StreamId, _: &MessageId) -> Result<Option<u64>, ReadError> {
        Ok(None)
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        Ok(self.log.since(stream, from).await?.into_iter().map(Self::nameless).collect())
    }
}

struct Trusting {
    log: Arc<dyn Log>,
}

impl Trusting {
    fn trusted(mut commit: Commit) -> Commit {
        let carried = commit.snapshot.as_mut().filter(|_| commit.stream.context() == "inventory");
        if let Some(carried) = carried {
            carried.shape = fingerprint::<Inventory>();
        }
        commit
    }
}

impl Changes for Trusting {
    fn changes(&self, from: usize) -> Vec<Commit> {
        self.log.changes(from)
    }
}

#[async_trait]
impl EventStore for Trusting {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.log.append(append).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        Ok(self.log.newest(stream).await?.map(Self::trusted))
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.log.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        Ok(self.log.since(stream, from).await?.into_iter().map(Self::trusted).collect())
    }
}
