//! The durable state of all queues. Each change is a record of the write-ahead log, applied in the same way when it
//! happens and when it is read back. Receives are not stored: after a restart all messages are visible.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    message::Message,
    move_task::MoveTask,
    queue::{Queue, QueueSettings, SentMessage},
};

/// The number of move tasks kept for each source queue.
const MAX_TASKS_PER_QUEUE: usize = 10;

/// A change.
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
}

impl State {
    pub(super) fn apply(&mut self, change: Change) {
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

    /// The fewest changes that lead to this state, for compaction.
    pub(super) fn changes(&self, now: Timestamp) -> Vec<Change> {
        let mut changes = vec![Change::NextSequence { next: self.next_sequence }];
        for (name, queue) in &self.queues {
            changes.push(Change::QueueSet { queue: name.clone(), settings: queue.settings.clone() });
            let messages = queue.messages.values().map(|queued| &queued.message);
            changes.extend(messages.map(|message| Change::Sent { queue: name.clone(), message: message.clone() }));
            // Must follow the messages: an old message may have the deduplication id of one sent later.
            let deduplication = queue.deduplication.iter().filter(|(_, sent)| sent.deduplicates(now));
            changes.extend(deduplication.map(|(key, sent)| Change::Deduplication {
                queue: name.clone(),
                key: key.clone(),
                sent: sent.clone(),
            }));
        }
        changes.extend(self.move_tasks.iter().map(|task| Change::MoveTask { task: task.clone() }));
        changes
    }

    /// The number of items in the state, which is about the number of changes needed to store it.
    pub(super) fn item_count(&self) -> usize {
        self.queues.values().map(|queue| 1 + queue.messages.len()).sum::<usize>() + self.move_tasks.len()
    }
}
