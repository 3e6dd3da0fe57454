//! A queue's mapping: batches in no order, several at once. What the function did is deleted; all else comes back when
//! its visibility ends, and in the end goes where the queue wants it.

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::{lambda::Functions, template::Mapping};

use super::{
    Filter, Happened, Listener,
    batch::give,
    gathering::gather,
    source::{QueueMessage, QueueSource},
    stream::A_MOMENT,
    watch::QueueWatch,
};

/// So many batches are under way at once, unless the mapping says less or more.
const USUALLY_AT_ONCE: u32 = 5;

/// The mapping of a queue. A clone is the same.
#[derive(Clone)]
pub struct QueueMapping {
    mapping: Arc<Mapping>,
    filter: Arc<Filter>,
    source: Arc<dyn QueueSource>,
    functions: Functions,
    listener: Listener,
    watch: QueueWatch,
}

impl QueueMapping {
    /// The mapping of this queue.
    pub fn new(
        mapping: Mapping,
        filter: Filter,
        source: Arc<dyn QueueSource>,
        functions: Functions,
        listener: Listener,
    ) -> Self {
        let watch = QueueWatch::new(Arc::clone(&source), at_once(&mapping));
        Self { mapping: Arc::new(mapping), filter: Arc::new(filter), source, functions, listener, watch }
    }

    /// Who says whether it has something to do.
    pub fn watch(&self) -> QueueWatch {
        self.watch.clone()
    }

    /// Reads the queue and feeds the function until it is dropped.
    pub async fn run(self) {
        let mut readers = JoinSet::new();
        for _ in 0..at_once(&self.mapping) {
            let reader = self.clone();
            readers.spawn(async move { reader.watch.at_work.while_run(reader.read()).await });
        }
        // No reader ends by itself; one that broke is replaced.
        while readers.join_next().await.is_some() {
            let reader = self.clone();
            readers.spawn(async move { reader.watch.at_work.while_run(reader.read()).await });
        }
    }

    async fn read(&self) {
        let (most, window) = (self.mapping.batch_size as usize, self.mapping.window_seconds);
        loop {
            match gather(self.source.as_ref(), self.functions.clock(), most, window).await {
                Ok(messages) => self.feed(messages).await,
                Err(error) => self.stuck(error.to_string()).await,
            }
        }
    }

    async fn feed(&self, messages: Vec<QueueMessage>) {
        let queue = self.source.queue_arn();
        let mut wanted: Vec<(QueueMessage, Value)> = Vec::with_capacity(messages.len());
        for message in messages {
            let record = message.record(&queue);
            // What the function does not want to see is deleted unseen.
            if self.filter.passes_message(&record) {
                wanted.push((message, record))
            } else {
                self.delete(&message).await
            }
        }
        if wanted.is_empty() {
            return;
        }
        let given: Vec<_> = wanted.iter().map(|(message, record)| (message.message_id.as_str(), record)).collect();
        let (function, reports) = (&self.mapping.function, self.mapping.reports_failed_items);
        let Some(outcome) = give(&self.functions, function, &given, reports).await else {
            return self.stuck(format!("there is no function {function}")).await;
        };
        (self.listener)(match outcome.failure {
            None => Happened::Done(wanted.len()),
            Some(failure) => Happened::Failed(wanted.len(), failure),
        });
        for (place, (message, _)) in wanted.iter().enumerate() {
            if !outcome.failed.contains(&place) {
                self.delete(message).await;
            }
        }
    }

    /// A message that cannot be deleted comes again, as it may on any queue.
    async fn delete(&self, message: &QueueMessage) {
        if let Err(error) = self.source.delete(&message.receipt_handle).await {
            (self.listener)(Happened::Stuck(error.to_string()));
        }
    }

    async fn stuck(&self, reason: String) {
        (self.listener)(Happened::Stuck(reason));
        let _stuck = self.watch.stuck.one();
        self.functions.clock().sleep(A_MOMENT).await;
    }
}

fn at_once(mapping: &Mapping) -> u32 {
    mapping.maximum_concurrency.unwrap_or(USUALLY_AT_ONCE).max(1)
}
