//! The mapping of a queue. It handles several batches at the same time, in no order. Messages on which the function
//! succeeded are deleted. All others become visible again after their visibility timeout, or are dead-lettered.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{clock::Clock, lambda::Functions, template::Mapping};

use super::{
    batch::{Filter, Listener, MappingActivity, invoke_batch},
    source::{QueueMessage, QueueSource, QueueWatch, RETRY_DELAY, SourceError},
};

/// The number of concurrent batches, unless the mapping has a maximum concurrency.
const DEFAULT_CONCURRENCY: u32 = 5;
const MAX_RECEIVE: usize = 10;

/// The mapping of a queue. A clone is the same mapping.
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
    /// Creates the mapping of this queue.
    pub fn new(
        mapping: Mapping,
        filter: Filter,
        source: Arc<dyn QueueSource>,
        functions: Functions,
        listener: Listener,
    ) -> Self {
        let watch = QueueWatch::new(Arc::clone(&source), concurrency(&mapping));
        Self { mapping: Arc::new(mapping), filter: Arc::new(filter), source, functions, listener, watch }
    }

    /// Reports whether the mapping is idle.
    pub fn watch(&self) -> QueueWatch {
        self.watch.clone()
    }

    /// Reads the queue and invokes the function until the future is dropped.
    pub async fn run(self) {
        let mut pollers = JoinSet::new();
        let start = |pollers: &mut JoinSet<()>| {
            let poller = self.clone();
            pollers.spawn(async move { poller.watch.working.count_while_polled(poller.poll_queue()).await });
        };
        for _ in 0..concurrency(&self.mapping) {
            start(&mut pollers);
        }
        // A poller only ends by a panic, and is then replaced.
        while pollers.join_next().await.is_some() {
            start(&mut pollers);
        }
    }

    async fn poll_queue(&self) {
        let (max, window) = (self.mapping.batch_size as usize, self.mapping.window_seconds);
        loop {
            match receive_batch(self.source.as_ref(), self.functions.clock(), max, window).await {
                Ok(messages) => self.handle_batch(messages).await,
                Err(error) => self.stall(error.to_string()).await,
            }
        }
    }

    async fn handle_batch(&self, messages: Vec<QueueMessage>) {
        let queue = self.source.queue_arn();
        let mut batch: Vec<(QueueMessage, Value)> = Vec::with_capacity(messages.len());
        for message in messages {
            let record = message.record(&queue);
            // Messages that do not match the filter are deleted.
            if self.filter.matches_message(&record) {
                batch.push((message, record))
            } else {
                self.delete(&message).await
            }
        }
        if batch.is_empty() {
            return;
        }
        let records: Vec<_> = batch.iter().map(|(message, record)| (message.message_id.as_str(), record)).collect();
        let (function, reports) = (&self.mapping.function, self.mapping.reports_failed_items);
        let Some(result) = invoke_batch(&self.functions, function, &records, reports).await else {
            return self.stall(format!("there is no function {function}")).await;
        };
        (self.listener)(match result.error {
            None => MappingActivity::Succeeded(batch.len()),
            Some(error) => MappingActivity::Failed(batch.len(), error),
        });
        for (index, (message, _)) in batch.iter().enumerate() {
            if !result.failed.contains(&index) {
                self.delete(message).await;
            }
        }
    }

    /// Deletes a message. If that fails, the message is received again.
    async fn delete(&self, message: &QueueMessage) {
        if let Err(error) = self.source.delete(&message.receipt_handle).await {
            (self.listener)(MappingActivity::Stalled(error.to_string()));
        }
    }

    async fn stall(&self, reason: String) {
        (self.listener)(MappingActivity::Stalled(reason));
        let _stalled = self.watch.stalled.increment();
        self.functions.clock().sleep(RETRY_DELAY).await;
    }
}

fn concurrency(mapping: &Mapping) -> u32 {
    mapping.maximum_concurrency.unwrap_or(DEFAULT_CONCURRENCY).max(1)
}

/// Waits for a first message, and then receives more until the batch is full or the batching window ends.
async fn receive_batch(
    source: &dyn QueueSource,
    clock: &Clock,
    max: usize,
    window_seconds: u32,
) -> Result<Vec<QueueMessage>, SourceError> {
    let mut messages = source.receive(max.min(MAX_RECEIVE)).await?;
    if window_seconds == 0 || messages.is_empty() {
        return Ok(messages);
    }
    let window = clock.sleep(SignedDuration::from_secs(window_seconds.into()));
    tokio::pin!(window);
    while messages.len() < max {
        let missing = (max - messages.len()).min(MAX_RECEIVE);
        tokio::select! {
            biased;
            more = source.receive(missing) => match more {
                Ok(more) => messages.extend(more),
                // The messages received so far must not wait for their visibility timeout.
                Err(_) => break,
            },
            () = &mut window => break,
        }
    }
    Ok(messages)
}
