//! One request's turn: it sees the queues alone, at one time, and what it changes is written
//! before it shows.

use std::sync::MutexGuard;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;

use super::{
    Place, error,
    message::Held,
    queue::Queue,
    record::{Record, State},
};
use crate::{aws_error::AwsError, wal::Wal};

/// So many records may stand in the write-ahead log beyond four for each living thing.
const SLACK: usize = 5_000;

/// The turn.
pub(super) struct Turn<'sqs> {
    pub(super) now: Timestamp,
    pub(super) place: &'sqs Place,
    pub(super) wal: &'sqs Wal<Record>,
    pub(super) state: MutexGuard<'sqs, State>,
    pub(super) changes: &'sqs watch::Sender<u64>,
}

impl Turn<'_> {
    /// WriteNotifier the changes, and then makes them.
    pub(super) fn commit(&mut self, records: Vec<Record>) -> Result<(), AwsError> {
        if records.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&records).map_err(|error| error::not_kept(&error))?;
        for record in records {
            self.state.apply(record);
        }
        self.wake();
        if self.wal.length() > SLACK + 4 * self.state.living() {
            let now = self.now;
            self.state.queues.values_mut().for_each(|queue| queue.sent_before.retain(|_, sent| sent.counts(now)));
            // A write-ahead log that stays long is no loss; the next change tries it again.
            self.wal.compact(&self.state.records(now)).ok();
        }
        Ok(())
    }

    /// Lets those look again who wait for a message.
    pub(super) fn wake(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// The name of the queue at this URL. What is too old in it is gone before anybody looks.
    pub(super) fn enter(&mut self, url: Option<&str>) -> Result<String, AwsError> {
        let url = url.filter(|url| !url.is_empty()).ok_or_else(|| error::missing("QueueUrl"))?;
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        self.enter_by_name(name)
    }

    pub(super) fn enter_by_name(&mut self, name: String) -> Result<String, AwsError> {
        let queue = self.state.queues.get_mut(&name).ok_or_else(error::no_such_queue)?;
        let sequences = queue.expired(self.now);
        if !sequences.is_empty() {
            self.commit(vec![Record::Gone { queue: name.clone(), sequences }])?;
        }
        Ok(name)
    }

    pub(super) fn queue(&self, name: &str) -> Result<&Queue, AwsError> {
        self.state.queues.get(name).ok_or_else(error::no_such_queue)
    }

    pub(super) fn held(&mut self, name: &str, sequence: u64) -> Option<&mut Held> {
        self.state.queues.get_mut(name)?.held.get_mut(&sequence)
    }

    /// The name of the queue of this ARN, if there is one here.
    pub(super) fn name_of(&self, arn: &str) -> Option<String> {
        let name = arn.strip_prefix(&self.place.arn(""))?;
        self.state.queues.contains_key(name).then(|| name.to_owned())
    }

    /// The names of the queues that send their dead letters to this ARN.
    pub(super) fn sources_of(&self, arn: &str) -> Vec<String> {
        let queues = self.state.queues.iter();
        let sources = queues.filter(|(_, queue)| queue.redrive_policy().is_some_and(|policy| policy.target == arn));
        sources.map(|(name, _)| name.clone()).collect()
    }
}

/// Reads a request, or says that it is no such request.
pub(super) fn request<T: DeserializeOwned>(body: Value) -> Result<T, AwsError> {
    serde_json::from_value(body).map_err(|error| AwsError::sender("SerializationException", error.to_string()))
}

/// The present value of a whole number that must lie between these.
pub(super) fn between(parameter: &str, value: Option<i64>, least: i64, most: i64) -> Result<Option<u64>, AwsError> {
    match value {
        Some(number) if !(least..=most).contains(&number) => {
            let reason = format!("Must be between {least} and {most}, if provided.");
            Err(error::invalid(parameter, number, &reason))
        }
        value => Ok(value.and_then(|number| u64::try_from(number).ok())),
    }
}
