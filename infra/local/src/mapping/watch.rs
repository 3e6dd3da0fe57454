//! Whether a mapping has something to do right now. Its tasks count as at work while they are being run; beyond that,
//! they wait for a function, which is asked itself, for the clock, or for their source.

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

/// A count that goes down again by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Count(Arc<AtomicUsize>);

/// One more, until it is dropped.
pub(super) struct Counted<'count>(&'count AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Count {
    /// One more.
    pub(super) fn one(&self) -> Counted<'_> {
        self.0.fetch_add(1, SeqCst);
        Counted(&self.0)
    }

    fn now(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Counts one as long as the work is being run, and not while it waits.
    pub(super) async fn while_run<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let _running = self.one();
            work.as_mut().poll(context)
        })
        .await
    }
}

/// Where a reader of a stream stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Reader {
    /// It has not begun.
    #[default]
    New,
    /// It has records in hand, or waits for the clock to look again.
    Busy,
    /// It found nothing behind the record of this number, or nothing at all.
    AtEnd(Option<String>),
}

/// Watches a stream's mapping. A clone watches the same.
#[derive(Clone)]
pub struct StreamWatch {
    source: Arc<dyn StreamSource>,
    pub(super) at_work: Count,
    reader: Arc<Mutex<Reader>>,
}

impl StreamWatch {
    pub(super) fn new(source: Arc<dyn StreamSource>) -> Self {
        Self { source, at_work: Count::default(), reader: Arc::default() }
    }

    pub(super) fn busy(&self) {
        *self.reader() = Reader::Busy;
    }

    pub(super) fn at_end(&self, after: Option<&str>) {
        *self.reader() = Reader::AtEnd(after.map(str::to_owned));
    }

    /// Whether nothing stands in the stream that the mapping has not seen. This reads the stream.
    pub async fn has_seen_all(&self) -> bool {
        let after = match self.reader().clone() {
            Reader::New => return false,
            Reader::Busy => return true,
            Reader::AtEnd(after) => after,
        };
        match self.source.read(after.as_deref(), 1).await {
            Ok(records) => records.is_empty(),
            // The mapping cannot read it either, and waits.
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
        self.at_work.now() == 0 && *self.reader() != Reader::New
    }
}

/// Watches a queue's mapping. A clone watches the same.
#[derive(Clone)]
pub struct QueueWatch {
    source: Arc<dyn QueueSource>,
    pub(super) at_work: Count,
    /// Readers that wait for the clock, whatever the queue holds.
    pub(super) stuck: Count,
    readers: usize,
}

impl QueueWatch {
    pub(super) fn new(source: Arc<dyn QueueSource>, readers: u32) -> Self {
        let readers = usize::try_from(readers).unwrap_or(usize::MAX);
        Self { source, at_work: Count::default(), stuck: Count::default(), readers }
    }
}

#[async_trait]
impl Idle for QueueWatch {
    async fn is_idle(&self, _: Timestamp) -> bool {
        self.at_work.now() == 0 && (self.stuck.now() >= self.readers || self.source.would_wait().await)
    }
}
