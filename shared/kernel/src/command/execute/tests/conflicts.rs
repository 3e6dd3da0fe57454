//! A log that counts its calls, loses answers and lets rivals in first.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;

use crate::{
    app::{App, Ports},
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError, SnapshotPolicy},
    },
    memory::{Memory, MemoryStore},
    message::id::{CommitId, MessageId, StreamId},
    testing::ports::fixture::message,
};

#[derive(Default)]
pub(super) struct Meddler {
    inner: Arc<MemoryStore>,
    book: Mutex<Book>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) reads: usize,
    pub(super) appends: usize,
    /// How each append was asked to carry.
    pub(super) carries: Vec<SnapshotPolicy>,
    /// So many appends find a rival at their place.
    pub(super) rivals: usize,
    /// So many appends are written and answered by silence.
    pub(super) lose: usize,
    /// No state rides along, unless it must.
    pub(super) never_free: bool,
}

impl Meddler {
    pub(super) fn on(memory: &Memory) -> Arc<Self> {
        Arc::new(Self { inner: memory.store.clone(), book: Mutex::default() })
    }

    pub(super) fn book(&self) -> Book {
        self.book.lock().unwrap().clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Book)) {
        change(&mut self.book.lock().unwrap());
    }

    /// What was read and appended since the last call of this.
    pub(super) fn counted(&self) -> (usize, usize) {
        let mut book = self.book.lock().unwrap();
        (std::mem::take(&mut book.reads), std::mem::take(&mut book.appends))
    }

    /// An app of its own on this log, with a cache of its own.
    pub(super) fn app(self: &Arc<Self>, memory: &Memory) -> App {
        App::new(Ports { store: self.clone(), ..memory.ports() })
    }
}

#[async_trait]
impl EventStore for Meddler {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let (rival, lose, never_free) = {
            let mut book = self.book.lock().unwrap();
            book.appends += 1;
            book.carries.push(append.snapshot);
            let (rival, lose) = (book.rivals > 0, book.lose > 0);
            book.rivals = book.rivals.saturating_sub(1);
            book.lose = book.lose.saturating_sub(1);
            (rival, lose, book.never_free)
        };
        if rival {
            let at = append.commit.version;
            let rival = Commit {
                command: format!("rival-{at}").parse::<MessageId>().unwrap(),
                id: CommitId::new(uuid::Uuid::from_u128(u128::from(at) << 16)),
                events: vec![message("LampFed", &json!({ "drops": 1 }))],
                snapshot: None,
                ..append.commit.clone()
            };
            self.inner.append(Append { commit: &rival, snapshot: SnapshotPolicy::IfFree, once: false }).await?;
        }
        let since_snapshot = Commit { snapshot: None, ..append.commit.clone() };
        let strip = never_free && append.snapshot == SnapshotPolicy::IfFree;
        let commit = if strip { &since_snapshot } else { append.commit };
        let answer = self.inner.append(Append { commit, ..append }).await;
        match lose {
            true => Err(AppendError::Unavailable("the answer was lost".into())),
            false => answer,
        }
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.change(|book| book.reads += 1);
        self.inner.newest(stream).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.change(|book| book.reads += 1);
        self.inner.since(stream, from).await
    }
}
