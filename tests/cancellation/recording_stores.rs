//! Stores that record which streams and rows were used, so that the whole state can be read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use causeway::{
    MessageId, Patch, StreamId,
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError},
    },
    view::view_store::{Listed, Page, PatchError, Row, RowKey, ViewError, ViewStore},
};

/// A log and views with a memory of what was touched.
pub(crate) struct RecordingStores {
    store: Arc<dyn EventStore>,
    views: Arc<dyn ViewStore>,
    streams: Mutex<BTreeSet<StreamId>>,
    rows: Mutex<BTreeSet<RowKey>>,
}

impl RecordingStores {
    pub(crate) fn new(store: Arc<dyn EventStore>, views: Arc<dyn ViewStore>) -> Arc<Self> {
        Arc::new(Self { store, views, streams: Mutex::default(), rows: Mutex::default() })
    }

    pub(crate) fn streams(&self) -> BTreeSet<StreamId> {
        self.streams.lock().unwrap().clone()
    }

    pub(crate) fn rows(&self) -> BTreeSet<RowKey> {
        self.rows.lock().unwrap().clone()
    }
}

#[async_trait]
impl EventStore for RecordingStores {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.streams.lock().unwrap().insert(append.commit.stream.clone());
        self.store.append(append).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.store.newest(stream).await
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.store.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.store.since(stream, from).await
    }
}

#[async_trait]
impl ViewStore for RecordingStores {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        self.rows.lock().unwrap().insert(key.clone());
        self.views.patch(key, from, to, patch).await
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        self.rows.lock().unwrap().insert(key.clone());
        self.views.replace(key, from, row).await
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        self.rows.lock().unwrap().extend(patches.keys().chain([guard]).cloned());
        self.views.patch_all(guard, from, to, patches).await
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        self.views.get(key).await
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        self.views.list(view, list, page).await
    }
}
