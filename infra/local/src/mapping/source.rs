//! The sources of a mapping, a shard of a stream or a queue, and whether a mapping is idle. The tasks of a mapping count as
//! working while they are being polled. Otherwise they wait for a function, which has an idle check of its own, for the
//! clock, or for their source.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::idle::Idle;

/// The time after which a mapping retries when its source or its function is not available.
pub(super) const RETRY_DELAY: SignedDuration = SignedDuration::from_secs(1);

/// A source that cannot be read or written now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A record of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRecord {
    /// The sequence number in the shard.
    pub sequence_number: String,
    /// The time at which the record was written.
    pub created: Timestamp,
    /// The whole record, as the function receives it.
    pub record: Value,
}

/// One shard of a stream.
#[async_trait]
pub trait StreamSource: Send + Sync {
    /// The ARN of the stream.
    fn stream_arn(&self) -> String;

    /// The shard's id.
    fn shard_id(&self) -> String;

    /// Reads up to `max` records after the one with this sequence number, or from the oldest one on.
    async fn read(&self, after: Option<&str>, max: usize) -> Result<Vec<StreamRecord>, SourceError>;

    /// The sequence number of the newest record, if there is one.
    async fn newest(&self) -> Result<Option<String>, SourceError>;

    /// Waits until there may be new records. Returns at once if there were new ones since the last read.
    async fn changed(&self);
}

/// A message that was received from a queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueMessage {
    /// The message id.
    pub message_id: String,
    /// The receipt handle of the receive.
    pub receipt_handle: String,
    /// The message body.
    pub body: String,
    /// The MD5 of the body, in hexadecimal digits.
    pub md5_of_body: String,
    /// The system attributes, such as `ApproximateReceiveCount`.
    pub attributes: BTreeMap<String, String>,
    /// The message attributes, in the form in which functions receive them.
    pub message_attributes: BTreeMap<String, Value>,
}

impl QueueMessage {
    /// The record that the function receives.
    pub(super) fn record(&self, queue_arn: &str) -> Value {
        json!({
            "messageId": self.message_id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": self.attributes,
            "messageAttributes": self.message_attributes,
            "md5OfBody": self.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": queue_arn.split(':').nth(3).unwrap_or_default(),
        })
    }
}

/// A queue.
#[async_trait]
pub trait QueueSource: Send + Sync {
    /// The ARN of the queue.
    fn queue_arn(&self) -> String;

    /// Waits for messages and receives up to `max` of them.
    async fn receive(&self, max: usize) -> Result<Vec<QueueMessage>, SourceError>;

    /// Whether a receive would wait now.
    async fn would_wait(&self) -> bool;

    /// Deletes a message.
    async fn delete(&self, receipt_handle: &str) -> Result<(), SourceError>;
}

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

    pub(super) fn set_at_end(&self, after: Option<String>) {
        *self.reader() = Reader::AtEnd(after);
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
