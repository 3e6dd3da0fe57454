//! The durable state of all queues, and the transaction that changes it. Receives are not stored: after a restart all
//! messages are visible.

use std::{collections::BTreeMap, sync::MutexGuard};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    error,
    message::{Message, QueuedMessage},
    queue::{Queue, QueueSettings, SentMessage},
};
use crate::{
    arn::AccountRegion,
    aws_error::AwsError,
    wal::{DurableState, ReplayState},
};

/// The account, region and endpoint in the ARNs and URLs of queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The account and region in the ARNs and URLs.
    pub account_region: AccountRegion,
    /// The URL at which the service is reached, without a slash at the end.
    pub url: String,
}

impl Endpoint {
    /// The ARN of the queue with this name.
    pub(super) fn queue_arn(&self, queue: &str) -> String {
        self.account_region.arn("sqs", queue)
    }

    /// The URL of the queue with this name.
    pub(super) fn queue_url(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.url, self.account_region.account)
    }
}

/// The number of move tasks kept for each source queue.
const MAX_TASKS_PER_QUEUE: usize = 10;

/// A message move task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MoveTask {
    pub(super) id: String,
    pub(super) source_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_number_of_messages_per_second: Option<u64>,
    pub(super) moved: u64,
    /// The number of messages in the source queue when the task started.
    pub(super) found: u64,
    pub(super) failure: Option<String>,
    pub(super) started: Timestamp,
    /// The time of the next round, or none if the task has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cancelled: bool,
    /// Messages from this sequence number on arrived after the start of the task, which does not move them.
    #[serde(default)]
    pub(super) before: u64,
}

impl MoveTask {
    pub(super) fn status(&self) -> &'static str {
        match (self.next, self.cancelled, &self.failure) {
            (Some(_), true, _) => "CANCELLING",
            (Some(_), false, _) => "RUNNING",
            (None, true, _) => "CANCELLED",
            (None, false, Some(_)) => "FAILED",
            (None, false, None) => "COMPLETED",
        }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.next.is_some_and(|next| next <= now || self.cancelled)
    }
}

/// A change, as a record of the write-ahead log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Change {
    QueueSet {
        queue: String,
        settings: QueueSettings,
    },
    QueueDeleted {
        queue: String,
        at: Timestamp,
    },
    Sent {
        queue: String,
        message: Message,
    },
    /// Messages were deleted or have expired.
    #[serde(rename = "Gone")]
    Deleted {
        queue: String,
        sequences: Vec<u64>,
    },
    Purged {
        queue: String,
        at: Timestamp,
    },
    /// A message was moved from one queue to another, where it is stored as `message`.
    Moved {
        from: String,
        sequence: u64,
        to: String,
        message: Message,
    },
    /// A move task started, made progress, or ended.
    #[serde(alias = "MoveTaskDone")]
    MoveTask {
        task: MoveTask,
    },
    #[serde(rename = "Remembered")]
    Deduplication {
        queue: String,
        key: String,
        sent: SentMessage,
    },
    /// Sequence numbers below this one are used.
    #[serde(rename = "Counted")]
    NextSequence {
        next: u64,
    },
}

/// The state of all queues.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<String, Queue>,
    /// The deleted queues and the times of their deletion.
    pub(super) deleted: BTreeMap<String, Timestamp>,
    pub(super) move_tasks: Vec<MoveTask>,
    pub(super) next_sequence: u64,
    /// The time of the last transaction.
    now: Timestamp,
}

impl ReplayState for State {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::QueueSet { queue, settings } => {
                self.deleted.remove(&queue);
                match self.queues.get_mut(&queue) {
                    Some(existing) => existing.settings = settings,
                    None => {
                        self.queues.insert(queue, Queue::new(settings));
                    }
                }
            }
            Change::QueueDeleted { queue, at } => {
                self.queues.remove(&queue);
                self.deleted.insert(queue, at);
            }
            Change::Sent { queue, message } => self.enqueue(&queue, message),
            Change::Deleted { queue, sequences } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    sequences.iter().for_each(|sequence| drop(queue.messages.remove(sequence)));
                }
            }
            Change::Purged { queue, at } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.messages.clear();
                    queue.deduplication.clear();
                    queue.purged = Some(at);
                }
            }
            Change::Moved { from, sequence, to, message } => {
                if let Some(queue) = self.queues.get_mut(&from) {
                    queue.messages.remove(&sequence);
                }
                self.enqueue(&to, message);
            }
            Change::MoveTask { task } => self.put_move_task(task),
            Change::Deduplication { queue, key, sent } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.deduplication.insert(key, sent);
                }
            }
            Change::NextSequence { next } => self.next_sequence = self.next_sequence.max(next),
        }
    }

    fn changes(&mut self) -> Vec<Change> {
        let now = self.now;
        let mut changes = vec![Change::NextSequence { next: self.next_sequence }];
        for (name, queue) in &mut self.queues {
            changes.push(Change::QueueSet { queue: name.clone(), settings: queue.settings.clone() });
            let messages = queue.messages.values().map(|queued| &queued.message);
            changes.extend(messages.map(|message| Change::Sent { queue: name.clone(), message: message.clone() }));
            // Must follow the messages: an old message may have the deduplication id of one sent later.
            queue.deduplication.retain(|_, sent| sent.deduplicates(now));
            changes.extend(queue.deduplication.iter().map(|(key, sent)| Change::Deduplication {
                queue: name.clone(),
                key: key.clone(),
                sent: sent.clone(),
            }));
        }
        changes.extend(self.move_tasks.iter().map(|task| Change::MoveTask { task: task.clone() }));
        changes
    }
}

impl State {
    /// Keeps only the newest tasks of each queue, as many as `ListMessageMoveTasks` can return.
    fn put_move_task(&mut self, task: MoveTask) {
        if let Some(existing) = self.move_tasks.iter_mut().find(|existing| existing.id == task.id) {
            *existing = task;
            return;
        }
        let same_queue = |existing: &&MoveTask| existing.source_arn == task.source_arn;
        if self.move_tasks.iter().filter(same_queue).count() >= MAX_TASKS_PER_QUEUE
            && let Some(oldest) = self.move_tasks.iter().position(|existing| same_queue(&existing))
        {
            self.move_tasks.remove(oldest);
        }
        self.move_tasks.push(task);
    }

    fn enqueue(&mut self, queue: &str, message: Message) {
        self.next_sequence = self.next_sequence.max(message.sequence + 1);
        if let Some(queue) = self.queues.get_mut(queue) {
            if let Some(key) = queue.deduplication_key(&message) {
                let sent = SentMessage { at: message.enqueued, id: message.id.clone(), sequence: message.sequence };
                queue.deduplication.insert(key, sent);
            }
            queue.enqueue(message);
        }
    }
}

/// Exclusive access to all queues at one time.
pub(super) struct Transaction<'sqs> {
    pub(super) now: Timestamp,
    pub(super) endpoint: &'sqs Endpoint,
    pub(super) state: MutexGuard<'sqs, State>,
    durable: &'sqs DurableState<State>,
    receivers: &'sqs watch::Sender<u64>,
}

impl<'sqs> Transaction<'sqs> {
    pub(super) fn begin(
        durable: &'sqs DurableState<State>,
        endpoint: &'sqs Endpoint,
        receivers: &'sqs watch::Sender<u64>,
        now: Timestamp,
    ) -> Self {
        let mut state = durable.state();
        state.now = now;
        Self { now, endpoint, state, durable, receivers }
    }

    pub(super) fn commit(&mut self, changes: Vec<Change>) -> Result<(), AwsError> {
        // A commit without changes must wake nobody: every receive of a queue with a redrive policy makes one.
        if changes.is_empty() {
            return Ok(());
        }
        self.durable.commit(&mut self.state, changes).map_err(|error| error::not_stored(&error))?;
        self.wake_receivers();
        Ok(())
    }

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
        let name = arn.strip_prefix(&self.endpoint.queue_arn(""))?;
        self.state.queues.contains_key(name).then(|| name.to_owned())
    }

    /// The names of the queues whose dead-letter queue has this ARN.
    pub(super) fn dead_letter_sources(&self, arn: &str) -> Vec<String> {
        let queues = self.state.queues.iter();
        let sources = queues.filter(|(_, queue)| queue.redrive_policy().is_some_and(|policy| policy.target == arn));
        sources.map(|(name, _)| name.clone()).collect()
    }
}

/// Checks that an optional number is in this range.
pub(super) fn in_range(parameter: &str, value: Option<i64>, min: i64, max: i64) -> Result<Option<u64>, AwsError> {
    match value {
        Some(number) if !(min..=max).contains(&number) => {
            Err(error::invalid(parameter, number, &format!("Must be between {min} and {max}, if provided.")))
        }
        value => Ok(value.and_then(|number| u64::try_from(number).ok())),
    }
}
