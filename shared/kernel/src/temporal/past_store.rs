//! [`PastStore`]: the log as it was at a moment. Appends go to memory and never reach the log.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use crate::{
    log::{Append, AppendError, Appended, Commit, EventStore, Moment, ReadError, check_contiguous},
    memory::{MemoryStore, lock::lock},
    message::{MessageId, StreamId},
};

/// A log of the past.
pub struct PastStore {
    log: Arc<dyn EventStore>,
    stream: StreamId,
    at: Moment,
    appended: MemoryStore,
    read: Mutex<BTreeSet<StreamId>>,
}

impl PastStore {
    /// The log at a moment of this stream. A time is the same for all streams; a version is of this stream, and the
    /// others are as they are now.
    pub fn new(log: Arc<dyn EventStore>, stream: StreamId, at: Moment) -> Self {
        Self { log, stream, at, appended: MemoryStore::default(), read: Mutex::default() }
    }

    /// What was appended, in memory only.
    pub fn appended(&self) -> Vec<Commit> {
        self.appended.changes(0)
    }

    /// The streams that were read.
    pub fn streams(&self) -> Vec<StreamId> {
        lock(&self.read).iter().cloned().collect()
    }

    fn moment(&self, stream: &StreamId) -> Moment {
        match self.at {
            Moment::Version(_) if *stream != self.stream => Moment::Now,
            at => at,
        }
    }
}

#[async_trait]
impl EventStore for PastStore {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.appended.append(append).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        if let Some(commit) = self.appended.newest(stream).await? {
            return Ok(Some(commit));
        }
        match self.moment(stream) {
            Moment::Now => {
                lock(&self.read).insert(stream.clone());
                self.log.newest(stream).await
            }
            Moment::Version(_) | Moment::Time(_) => Ok(self.since(stream, 1).await?.pop()),
        }
    }

    /// A command of the past is a new one, so only what was appended here can have a marker.
    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.appended.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        lock(&self.read).insert(stream.clone());
        let at = self.moment(stream);
        let commits = self.log.since(stream, from).await?;
        if let Some(first) = commits.first() {
            check_contiguous(stream, first.version, &commits)?;
        }
        let mut past: Vec<Commit> = commits.into_iter().map_while(|commit| at.cut(commit)).collect();
        past.extend(self.appended.since(stream, from).await?);
        Ok(past)
    }
}
