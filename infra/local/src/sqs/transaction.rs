//! A transaction: exclusive access to all queues at one time. Changes are stored before they take effect.

use std::sync::MutexGuard;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;

use super::{
    error,
    location::Location,
    message::QueuedMessage,
    queue::Queue,
    state::{Change, State},
};
use crate::{aws_error::AwsError, wal::Wal};

/// The log is compacted when it has more than this many records beyond four for each item in the state.
const COMPACTION_SLACK: usize = 5_000;

/// Exclusive access to all queues at one time.
pub(super) struct Transaction<'sqs> {
    pub(super) now: Timestamp,
    pub(super) location: &'sqs Location,
    pub(super) wal: &'sqs Wal<Change>,
    pub(super) state: MutexGuard<'sqs, State>,
    pub(super) receivers: &'sqs watch::Sender<u64>,
}

impl Transaction<'_> {
    /// Stores the changes and then applies them.
    pub(super) fn commit(&mut self, changes: Vec<Change>) -> Result<(), AwsError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&changes).map_err(|error| error::not_stored(&error))?;
        for change in changes {
            self.state.apply(change);
        }
        self.wake_receivers();
        if self.wal.length() > COMPACTION_SLACK + 4 * self.state.item_count() {
            let now = self.now;
            let queues = self.state.queues.values_mut();
            queues.for_each(|queue| queue.deduplication.retain(|_, sent| sent.deduplicates(now)));
            // A failed compaction loses nothing, and the next commit repeats it.
            self.wal.compact(&self.state.changes(now)).ok();
        }
        Ok(())
    }

    /// Makes waiting receives look for messages again.
    pub(super) fn wake_receivers(&self) {
        self.receivers.send_modify(|count| *count += 1);
    }

    /// Deletes the expired messages of the queue at this URL and returns its name.
    pub(super) fn open_queue(&mut self, url: Option<&str>) -> Result<String, AwsError> {
        let url = url.filter(|url| !url.is_empty()).ok_or_else(|| error::missing("QueueUrl"))?;
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        self.open_queue_by_name(name)
    }

    /// Deletes the expired messages of the queue and returns its name.
    pub(super) fn open_queue_by_name(&mut self, name: String) -> Result<String, AwsError> {
        let queue = self.state.queues.get_mut(&name).ok_or_else(error::no_such_queue)?;
        let sequences = queue.expired(self.now);
        if !sequences.is_empty() {
            self.commit(vec![Change::Deleted { queue: name.clone(), sequences }])?;
        }
        Ok(name)
    }

    pub(super) fn queue(&self, name: &str) -> Result<&Queue, AwsError> {
        self.state.queues.get(name).ok_or_else(error::no_such_queue)
    }

    pub(super) fn message_mut(&mut self, queue: &str, sequence: u64) -> Option<&mut QueuedMessage> {
        self.state.queues.get_mut(queue)?.messages.get_mut(&sequence)
    }

    /// The name of the queue with this ARN, if it exists here.
    pub(super) fn queue_name(&self, arn: &str) -> Option<String> {
        let name = arn.strip_prefix(&self.location.arn(""))?;
        self.state.queues.contains_key(name).then(|| name.to_owned())
    }

    /// The names of the queues whose dead-letter queue has this ARN.
    pub(super) fn dead_letter_sources(&self, arn: &str) -> Vec<String> {
        let queues = self.state.queues.iter();
        let sources = queues.filter(|(_, queue)| queue.redrive_policy().is_some_and(|policy| policy.target == arn));
        sources.map(|(name, _)| name.clone()).collect()
    }
}

/// Parses the body of a request.
pub(super) fn parse<T: DeserializeOwned>(body: Value) -> Result<T, AwsError> {
    serde_json::from_value(body).map_err(|error| AwsError::sender("SerializationException", error.to_string()))
}

/// Checks that an optional number is in this range.
pub(super) fn in_range(parameter: &str, value: Option<i64>, min: i64, max: i64) -> Result<Option<u64>, AwsError> {
    match value {
        Some(number) if !(min..=max).contains(&number) => {
            let reason = format!("Must be between {min} and {max}, if provided.");
            Err(error::invalid(parameter, number, &reason))
        }
        value => Ok(value.and_then(|number| u64::try_from(number).ok())),
    }
}
