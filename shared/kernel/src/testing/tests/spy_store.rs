//! A log for tests: it records every call, and injects conflicts, lost answers and unavailability.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;

use crate::{
    App, MessageId, Ports, StreamId,
    log::{Append, AppendError, Appended, Commit, EventStore, ReadError, SnapshotPolicy},
    memory::{Memory, MemoryStore},
    message::CommitId,
    testing::ports::fixture::message,
};

#[derive(Default)]
pub(crate) struct SpyStore {
    inner: Arc<MemoryStore>,
    spy: Mutex<Spy>,
}

/// What the store has recorded, and what it injects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spy {
    /// Every read: `lamp/l-1 newest`, `lamp/l-1 since 4`, `lamp/l-1 at 2`.
    pub(crate) reads: Vec<String>,
    /// The snapshot policy of every append.
    pub(crate) appends: Vec<SnapshotPolicy>,
    /// This many appends lose to another writer.
    pub(crate) rivals: usize,
    /// This many appends are written, but their answers are lost.
    pub(crate) lost_answers: usize,
    /// Snapshots are only stored with [`SnapshotPolicy::Must`].
    pub(crate) never_free: bool,
    /// Reads of a single commit fail.
    pub(crate) unavailable: bool,
}

impl SpyStore {
    pub(crate) fn on(memory: &Memory) -> Arc<Self> {
        Arc::new(Self { inner: memory.store.clone(), spy: Mutex::default() })
    }

    pub(crate) fn spy(&self) -> Spy {
        self.spy.lock().unwrap().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Spy)) {
        change(&mut self.spy.lock().unwrap());
    }

    /// The reads since the last call of this.
    pub(crate) fn take_reads(&self) -> Vec<String> {
        std::mem::take(&mut self.spy.lock().unwrap().reads)
    }

    /// The numbers of reads and appends since the last call of this.
    pub(crate) fn take_counts(&self) -> (usize, usize) {
        let mut spy = self.spy.lock().unwrap();
        (std::mem::take(&mut spy.reads).len(), std::mem::take(&mut spy.appends).len())
    }

    /// A new app on this log, with a cache of its own.
    pub(crate) fn app(self: &Arc<Self>, memory: &Memory) -> App {
        App::new(Ports { store: self.clone(), ..memory.ports() })
    }

    fn read(&self, stream: &StreamId, what: &str) {
        self.change(|spy| spy.reads.push(format!("{stream} {what}")));
    }
}

#[async_trait]
impl EventStore for SpyStore {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let spy = self.spy();
        self.change(|spy| {
            spy.appends.push(append.snapshot);
            spy.rivals = spy.rivals.saturating_sub(1);
            spy.lost_answers = spy.lost_answers.saturating_sub(1);
        });
        if spy.rivals > 0 {
            let version = append.commit.version;
            let rival = Commit {
                command: format!("rival-{version}").parse().unwrap(),
                id: CommitId::new(Uuid::from_u128(u128::from(version) << 16)),
                events: vec![message("LampFed", &json!({ "drops": 1 }))],
                snapshot: None,
                ..append.commit.clone()
            };
            self.inner.append(Append { commit: &rival, snapshot: SnapshotPolicy::IfFree, once: false }).await?;
        }
        let without_snapshot = Commit { snapshot: None, ..append.commit.clone() };
        let strip = spy.never_free && append.snapshot == SnapshotPolicy::IfFree;
        let commit = if strip { &without_snapshot } else { append.commit };
        let answer = self.inner.append(Append { commit, ..append }).await;
        if spy.lost_answers > 0 { Err(AppendError::Unavailable("the answer was lost".into())) } else { answer }
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.read(stream, "newest");
        self.inner.newest(stream).await
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.read(stream, "marked");
        self.inner.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.read(stream, &format!("since {from}"));
        self.inner.since(stream, from).await
    }

    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        self.read(stream, &format!("at {version}"));
        if self.spy().unavailable {
            return Err(ReadError::Unavailable("throttled".into()));
        }
        self.inner.at(stream, version).await
    }
}
