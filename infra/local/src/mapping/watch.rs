//! Whether a mapping is idle. Its tasks count as working while they are being polled. Otherwise they wait for a
//! function, which has an idle check of its own, for the clock, or for their source.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::idle::Idle;

use super::source::{QueueSource, StreamSource};

/// A counter of things that are going on.
#[derive(Clone, Debug, Default)]
pub(super) struct ActiveCount(Arc<AtomicUsize>);

/// Decrements the counter when it is dropped.
pub(super) struct ActiveGuard<'count>(&'count AtomicUsize);

impl Drop for ActiveGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl ActiveCount {
    /// Increments the counter until the guard is dropped.
    pub(super) fn increment(&self) -> ActiveGuard<'_> {
        self.0.fetch_add(1, SeqCst);
        ActiveGuard(&self.0)
    }

    fn get(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Runs a future and counts it only while it is being polled, not while it waits.
    pub(super) async fn count_while_polled<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let _running = self.increment();
            work.as_mut().poll(context)
        })
        .await
    }
}

/// The state of a reader of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Reader {
    /// The reader has not started.
    #[default]
    New,
    /// The reader handles records, or waits for the clock to retry.
    Busy,
    /// The reader found no record after this sequence number, or no record at all.
    AtEnd(Option<String>),
}

/// Reports whether a stream mapping is idle. A clone reports on the same mapping.
#[derive(Clone)]
pub struct StreamWatch {
    source: Arc<dyn StreamSource>,
    pub(super) working: ActiveCount,
    reader: Arc<Mutex<Reader>>,
}

impl StreamWatch {
    pub(super) fn new(source: Arc<dyn StreamSource>) -> Self {
        Self { source, working: ActiveCount::default(), reader: Arc::default() }
    }

    pub(super) fn set_busy(&self) {
        *self.reader() = Reader::Busy;
    }

    pub(super) fn set_at_end(&self, after: Option<&str>) {
        *self.reader() = Reader::AtEnd(after.map(str::to_owned));
    }

    /// Whether the mapping has read all records of the stream. This reads the stream.
    pub async fn has_read_all(&self) -> bool {
        let after = match self.reader().clone() {
            Reader::New => return false,
            Reader::Busy => return true,
            Reader::AtEnd(after) => after,
        };
        match self.source.read(after.as_deref(), 1).await {
            Ok(records) => records.is_empty(),
            // The mapping cannot read it either, and retries later.
            Err(_) => true,
        }
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Idle for StreamWatch {
    async fn is_idle(&self, _: Timestamp) -> bool {
        self.working.get() == 0 && *self.reader() != Reader::New
    }
}

/// Reports whether a queue mapping is idle. A clone reports on the same mapping.
#[derive(Clone)]
pub struct QueueWatch {
    source: Arc<dyn QueueSource>,
    pub(super) working: ActiveCount,
    /// The pollers that wait for the clock to retry, whatever the queue holds.
    pub(super) stalled: ActiveCount,
    pollers: usize,
}

impl QueueWatch {
    pub(super) fn new(source: Arc<dyn QueueSource>, pollers: u32) -> Self {
        let pollers = usize::try_from(pollers).unwrap_or(usize::MAX);
        Self { source, working: ActiveCount::default(), stalled: ActiveCount::default(), pollers }
    }
}

#[async_trait]
impl Idle for QueueWatch {
    async fn is_idle(&self, _: Timestamp) -> bool {
        self.working.get() == 0 && (self.stalled.get() >= self.pollers || self.source.would_wait().await)
    }
}
