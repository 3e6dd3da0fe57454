//! The mapping of a shard of a stream: its records in order, one batch after the other. A batch that fails blocks the
//! shard until it succeeds or is given up. It is retried, or split to find the failing record. The checkpoint follows
//! each part of a batch, so that after a restart nothing is handled again that was finished before.

use std::{collections::VecDeque, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    interfaces::{NewMessage, SendToQueue, TargetError},
    lambda::{FunctionError, Functions, MAX_PAYLOAD_SIZE},
    template::{Mapping, StartingPosition},
    wal::{DurableState, ReplayState, WalError},
};

use super::{
    batch::{BatchResult, Condition, Filter, Listener, MappingActivity, PARTIAL_FAILURE, invoke_batch},
    source::{RETRY_DELAY, SourceError, StreamRecord, StreamSource, StreamWatch},
};

/// The checkpoint, or none if it was never set.
type Checkpoint = Option<ShardPosition>;

/// A position in a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ShardPosition {
    /// The sequence number of the last record that was handled, or none if there is none.
    after: Option<String>,
}

impl ReplayState for Checkpoint {
    type Change = ShardPosition;

    fn apply(&mut self, position: ShardPosition) {
        *self = Some(position);
    }

    fn changes(&mut self) -> Vec<ShardPosition> {
        self.clone().into_iter().collect()
    }
}

/// The retention period of a stream, in seconds.
const RETENTION: u32 = 86_400;
/// The longest backoff between two attempts, in seconds.
const MAX_BACKOFF: i64 = 60;

/// The mapping of one shard.
pub struct StreamMapping {
    mapping: Mapping,
    filter: Filter,
    source: Arc<dyn StreamSource>,
    functions: Functions,
    queues: Arc<dyn SendToQueue>,
    checkpoint: DurableState<Checkpoint>,
    listener: Listener,
    watch: StreamWatch,
}

/// A part of a batch that is not finished, in the order of the stream.
struct Part {
    records: Vec<StreamRecord>,
    attempts: u32,
    /// The number of failed attempts since the part was last split. A new part is attempted at once.
    failures_in_a_row: u32,
    /// The request id and the error of the latest attempt.
    last: Option<(String, FunctionError)>,
}

impl StreamMapping {
    /// Opens the mapping with its checkpoint at this path. Without a path the checkpoint is lost with the process.
    pub fn open(
        path: Option<&Path>,
        mapping: Mapping,
        filter: Filter,
        source: Arc<dyn StreamSource>,
        functions: Functions,
        queues: Arc<dyn SendToQueue>,
        listener: Listener,
    ) -> Result<Self, WalError> {
        let checkpoint = DurableState::open(path)?;
        let watch = StreamWatch::new(Arc::clone(&source));
        Ok(Self { mapping, filter, source, functions, queues, checkpoint, listener, watch })
    }

    /// Reports whether the mapping is idle.
    pub fn watch(&self) -> StreamWatch {
        self.watch.clone()
    }

    /// Reads the shard and invokes the function until the future is dropped.
    pub async fn run(self) {
        let watch = self.watch();
        watch.working.count_while_polled(self.poll_shard()).await;
    }

    async fn poll_shard(self) {
        while let Err(error) = self.set_start().await {
            self.stall(error.to_string()).await;
        }
        loop {
            match self.read_batch().await {
                Ok(records) => self.handle_batch(records).await,
                Err(error) => self.stall(error.to_string()).await,
            }
        }
    }

    /// Sets the checkpoint to the starting position at the first start. `LATEST` must stay the same after a restart.
    async fn set_start(&self) -> Result<(), SourceError> {
        if self.checkpoint.state().is_some() {
            return Ok(());
        }
        let after = match self.mapping.starting_position {
            StartingPosition::Oldest => None,
            StartingPosition::Latest => self.source.newest().await?,
        };
        self.set_checkpoint(after);
        Ok(())
    }

    /// Reads until the batch is full or the batching window ends.
    async fn read_batch(&self) -> Result<Vec<StreamRecord>, SourceError> {
        let max = self.mapping.batch_size as usize;
        let mut records = self.read(max).await?;
        while records.is_empty() {
            self.watch.set_at_end(self.after());
            self.source.changed().await;
            records = self.read(max).await?;
        }
        let window = SignedDuration::from_secs(self.mapping.window_seconds.into());
        let clock = self.functions.clock();
        let end = clock.now().checked_add(window).unwrap_or(Timestamp::MAX);
        while records.len() < max && clock.now() < end {
            tokio::select! {
                () = clock.sleep_until(end) => {}
                () = self.source.changed() => {}
            }
            records = self.read(max).await?;
        }
        truncate_to_payload_size(&mut records);
        Ok(records)
    }

    async fn read(&self, max: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let _reading = self.watch.working.increment();
        self.watch.set_busy();
        self.source.read(self.after().as_deref(), max).await
    }

    /// Handles a batch up to its last record.
    async fn handle_batch(&self, records: Vec<StreamRecord>) {
        let last = records.last().map(|record| record.sequence_number.clone());
        let matching: Vec<_> = records.into_iter().filter(|record| self.filter.matches(&record.record)).collect();
        self.process(matching).await;
        if self.after() != last {
            self.set_checkpoint(last);
        }
    }

    /// Invokes the function with the records until each has succeeded or is given up.
    async fn process(&self, records: Vec<StreamRecord>) {
        let mut parts = VecDeque::from([Part { records, attempts: 0, failures_in_a_row: 0, last: None }]);
        while let Some(mut part) = parts.pop_front() {
            if part.failures_in_a_row > 0 {
                let seconds = 2_i64.saturating_pow(part.failures_in_a_row - 1).min(MAX_BACKOFF);
                self.functions.clock().sleep(SignedDuration::from_secs(seconds)).await;
            }
            // Records may reach their maximum age during the backoff.
            let expired = part.records.iter().take_while(|record| self.is_expired(record)).count();
            if expired > 0 {
                let rest = part.records.split_off(expired);
                self.give_up(&part, Condition::RecordAgeExceeded).await;
                part.records = rest;
            }
            if part.records.is_empty() {
                continue;
            }
            let records: Vec<_> =
                part.records.iter().map(|record| (record.sequence_number.as_str(), &record.record)).collect();
            let (function, reports) = (&self.mapping.function, self.mapping.reports_failed_items);
            let Some(result) = invoke_batch(&self.functions, function, &records, reports).await else {
                self.stall(format!("there is no function {function}")).await;
                parts.push_front(part);
                continue;
            };
            self.handle_result(part, result, &mut parts).await;
        }
    }

    async fn handle_result(&self, mut part: Part, result: BatchResult, parts: &mut VecDeque<Part>) {
        let Some(error) = result.error else {
            (self.listener)(MappingActivity::Succeeded(part.records.len()));
            return self.checkpoint_part(&part);
        };
        (self.listener)(MappingActivity::Failed(part.records.len(), error.clone()));
        // The records before the first failed one have succeeded. All others are retried.
        let first = result.failed.first().copied().unwrap_or_default();
        let rest = part.records.split_off(first.min(part.records.len()));
        self.checkpoint_part(&part);
        part.records = rest;
        part.last = Some((result.request_id, error));
        part.attempts += 1;
        let made_progress = result.is_partial && first > 0;
        if self.mapping.bisect_on_error && !made_progress && part.records.len() > 1 {
            // A split does not count as a retry.
            let second = part.records.split_off(part.records.len() / 2);
            let attempts = part.attempts - 1;
            parts.push_front(Part { records: second, attempts, failures_in_a_row: 0, last: None });
            parts.push_front(Part { attempts, failures_in_a_row: 0, ..part });
        } else if self.mapping.retries.is_some_and(|retries| part.attempts > retries) {
            self.give_up(&part, Condition::RetryAttemptsExhausted).await;
        } else {
            part.failures_in_a_row += 1;
            parts.push_front(part);
        }
    }

    fn is_expired(&self, record: &StreamRecord) -> bool {
        let max_age = self.mapping.maximum_age_seconds.unwrap_or(RETENTION).min(RETENTION);
        let age = self.functions.clock().now().duration_since(record.created);
        age > SignedDuration::from_secs(max_age.into())
    }

    async fn give_up(&self, part: &Part, condition: Condition) {
        match &self.mapping.on_failure_arn {
            None => {
                let reason = format!("{condition:?} and no destination");
                (self.listener)(MappingActivity::Discarded(part.records.len(), reason));
            }
            Some(queue) => self.send_failure_record(part, condition, queue).await,
        }
        self.checkpoint_part(part);
    }

    async fn send_failure_record(&self, part: &Part, condition: Condition, queue: &str) {
        let message = self.failure_record(part, condition);
        let count = part.records.len();
        loop {
            match self.queues.send(queue, message.clone()).await {
                Ok(()) => {
                    return (self.listener)(MappingActivity::SentToQueue(count, condition, queue.to_owned()));
                }
                Err(TargetError { transient: true, message, .. }) => self.stall(message).await,
                Err(error) => return (self.listener)(MappingActivity::Discarded(count, error.to_string())),
            }
        }
    }

    /// The message for the on-failure destination: the position of the records in the stream, not their content.
    fn failure_record(&self, part: &Part, condition: Condition) -> NewMessage {
        let function = self.functions.find(&self.mapping.function);
        let number = |record: Option<&StreamRecord>| record.map(|record| record.sequence_number.clone());
        let arrival = |record: Option<&StreamRecord>| record.map(|record| format!("{:.0}", record.created));
        let (first, last) = (part.records.first(), part.records.last());
        let mut body = json!({
            "requestContext": {
                "requestId": part.last.as_ref().map_or("", |(request_id, _)| request_id),
                "functionArn": function.as_ref().map_or(&self.mapping.function, |function| &function.arn),
                "condition": condition,
                "approximateInvokeCount": part.attempts,
            },
            "version": "1.0",
            "timestamp": format!("{:.3}", self.functions.clock().now()),
            "DDBStreamBatchInfo": {
                "shardId": self.source.shard_id(),
                "startSequenceNumber": number(first),
                "endSequenceNumber": number(last),
                "approximateArrivalOfFirstRecord": arrival(first),
                "approximateArrivalOfLastRecord": arrival(last),
                "batchSize": part.records.len(),
                "streamArn": self.source.stream_arn(),
            },
        });
        // There is no response if the function was never invoked. A partial failure is no error of the function.
        if let Some((_, error)) = &part.last {
            body["responseContext"] = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
            if error.kind != PARTIAL_FAILURE {
                body["responseContext"]["functionError"] = json!("Unhandled");
            }
        }
        NewMessage { body: body.to_string(), ..NewMessage::default() }
    }

    fn checkpoint_part(&self, part: &Part) {
        if let Some(last) = part.records.last() {
            self.set_checkpoint(Some(last.sequence_number.clone()));
        }
    }

    fn after(&self) -> Option<String> {
        self.checkpoint.state().as_ref()?.after.clone()
    }

    /// Sets the checkpoint, even if it cannot be stored: then records are handled again after a restart.
    fn set_checkpoint(&self, after: Option<String>) {
        let (checkpoint, position) = (&self.checkpoint, ShardPosition { after });
        if let Err(error) = checkpoint.commit_best_effort(&mut checkpoint.state(), vec![position]) {
            (self.listener)(MappingActivity::Stalled(error.to_string()));
        }
    }

    async fn stall(&self, reason: String) {
        (self.listener)(MappingActivity::Stalled(reason));
        self.functions.clock().sleep(RETRY_DELAY).await;
    }
}

/// Keeps as many of the first records as fit into one payload, and at least one.
fn truncate_to_payload_size(records: &mut Vec<StreamRecord>) {
    let mut size = 0;
    let fits = |record: &&StreamRecord| {
        size += record.record.to_string().len() + 1;
        size < MAX_PAYLOAD_SIZE
    };
    let count = records.iter().take_while(fits).count().max(1);
    records.truncate(count);
}
