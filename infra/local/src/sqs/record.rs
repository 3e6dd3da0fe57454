//! What the queues remember over a restart: each change as one record, applied in the same way
//! when it happens and when it is read back. Receives are not kept: after a restart all is visible.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    message::Message,
    move_task::MoveTask,
    queue::{Queue, QueueSettings, SentBefore},
};

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Record {
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
    /// Messages deleted, or gone by age.
    Gone {
        queue: String,
        sequences: Vec<u64>,
    },
    Purged {
        queue: String,
        at: Timestamp,
    },
    /// A message left a queue and joined another, as this.
    Moved {
        from: String,
        sequence: u64,
        to: String,
        message: Message,
    },
    /// A task to move messages began, came farther, or ended.
    #[serde(alias = "MoveTaskDone")]
    MoveTask {
        task: MoveTask,
    },
    ReplayState {
        queue: String,
        key: String,
        sent: SentBefore,
    },
    /// Numbers below this one are used up.
    Counted {
        next: u64,
    },
}

/// So many tasks of one queue are remembered.
const TASKS_OF_A_QUEUE: usize = 10;

/// All queues.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<String, Queue>,
    pub(super) deleted: BTreeMap<String, Timestamp>,
    pub(super) move_tasks: Vec<MoveTask>,
    pub(super) next_sequence: u64,
}

impl State {
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::QueueSet { queue, settings } => {
                self.deleted.remove(&queue);
                match self.queues.get_mut(&queue) {
                    Some(present) => present.settings = settings,
                    None => {
                        self.queues.insert(queue, Queue::new(settings));
                    }
                }
            }
            Record::QueueDeleted { queue, at } => {
                self.queues.remove(&queue);
                self.deleted.insert(queue, at);
            }
            Record::Sent { queue, message } => self.hold(&queue, message),
            Record::Gone { queue, sequences } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    sequences.iter().for_each(|sequence| drop(queue.held.remove(sequence)));
                }
            }
            Record::Purged { queue, at } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.held.clear();
                    queue.purged = Some(at);
                }
            }
            Record::Moved { from, sequence, to, message } => {
                if let Some(queue) = self.queues.get_mut(&from) {
                    queue.held.remove(&sequence);
                }
                self.hold(&to, message);
            }
            Record::MoveTask { task } => self.remember(task),
            Record::ReplayState { queue, key, sent } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.sent_before.insert(key, sent);
                }
            }
            Record::Counted { next } => self.next_sequence = self.next_sequence.max(next),
        }
    }

    /// The ten newest tasks of a queue can be asked for.
    fn remember(&mut self, task: MoveTask) {
        if let Some(known) = self.move_tasks.iter_mut().find(|known| known.id == task.id) {
            *known = task;
            return;
        }
        let of_queue = |known: &&MoveTask| known.source_arn == task.source_arn;
        if self.move_tasks.iter().filter(of_queue).count() >= TASKS_OF_A_QUEUE
            && let Some(oldest) = self.move_tasks.iter().position(|known| of_queue(&known))
        {
            self.move_tasks.remove(oldest);
        }
        self.move_tasks.push(task);
    }

    fn hold(&mut self, queue: &str, message: Message) {
        self.next_sequence = self.next_sequence.max(message.sequence + 1);
        if let Some(queue) = self.queues.get_mut(queue) {
            if let Some(key) = queue.deduplication_key(&message) {
                let sent = SentBefore { at: message.enqueued, id: message.id.clone(), sequence: message.sequence };
                queue.sent_before.insert(key, sent);
            }
            queue.hold(message);
        }
    }

    /// The fewest records that lead to this state.
    pub(super) fn records(&self, now: Timestamp) -> Vec<Record> {
        let mut records = vec![Record::Counted { next: self.next_sequence }];
        for (name, queue) in &self.queues {
            records.push(Record::QueueSet { queue: name.clone(), settings: queue.settings.clone() });
            let remembered = queue.sent_before.iter().filter(|(_, sent)| sent.counts(now));
            let held = queue.held.values().map(|held| &held.message);
            records.extend(held.map(|message| Record::Sent { queue: name.clone(), message: message.clone() }));
            // After the messages: what is held longer than five minutes may have a later namesake.
            records.extend(remembered.map(|(key, sent)| Record::ReplayState {
                queue: name.clone(),
                key: key.clone(),
                sent: sent.clone(),
            }));
        }
        records.extend(self.move_tasks.iter().map(|task| Record::MoveTask { task: task.clone() }));
        records
    }

    /// How many things are alive: about as many records as are needed.
    pub(super) fn living(&self) -> usize {
        self.queues.values().map(|queue| 1 + queue.held.len()).sum::<usize>() + self.move_tasks.len()
    }
}
