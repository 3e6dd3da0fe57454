//! Moves what tasks are to move: second by second on the clock, no more in each than the task may. What has moved and
//! how far the task has come is one write, so that a task goes on after a kill where it stopped.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Sqs, message::Message, move_task::MoveTask, record::Record, turn::Turn};
use crate::idle::Idle;

/// Between two rounds of a task.
const ROUND: SignedDuration = SignedDuration::from_secs(1);

/// After this long a task is given up.
const LONGEST: SignedDuration = SignedDuration::from_hours(36);

impl Sqs {
    /// Lets tasks move messages until it is dropped. One such task runs for all queues.
    pub async fn run(self) {
        let inner = Arc::clone(&self.inner);
        let mut changes = inner.changes.subscribe();
        loop {
            changes.borrow_and_update();
            self.move_due();
            let next = self.next_move();
            let wait = async {
                match next {
                    Some(next) => inner.clock.sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Moves what is due.
    pub(super) fn move_due(&self) {
        let mut turn = self.turn();
        let now = turn.now;
        let is_due = |task: &&MoveTask| task.next.is_some_and(|next| next <= now || task.cancelled);
        let due: Vec<MoveTask> = turn.state.move_tasks.iter().filter(is_due).cloned().collect();
        for task in due {
            let records = round(&turn, task);
            // What could not be written has not moved, and is tried again in the next round.
            if let Err(error) = turn.commit(records) {
                tracing::warn!(%error, "dead letters were not moved");
                return;
            }
        }
    }

    fn next_move(&self) -> Option<Timestamp> {
        let turn = self.turn();
        let now = turn.now;
        let next = turn.state.move_tasks.iter().filter_map(|task| task.next).min()?;
        // One that is still due could not be written.
        Some(if next <= now { now.checked_add(ROUND).unwrap_or(Timestamp::MAX) } else { next })
    }
}

#[async_trait]
impl Idle for Sqs {
    async fn is_idle(&self, now: Timestamp) -> bool {
        let turn = self.turn();
        !turn.state.move_tasks.iter().any(|task| task.next.is_some_and(|next| next <= now || task.cancelled))
    }
}

/// One round of a task: what moves, and how the task stands after it.
fn round(turn: &Turn<'_>, mut task: MoveTask) -> Vec<Record> {
    let mut records = Vec::new();
    let next = if task.cancelled { Ok(None) } else { step(turn, &mut task, &mut records) };
    (task.next, task.failure) = match next {
        Ok(next) => (next, None),
        Err(reason) => (None, Some(reason.to_owned())),
    };
    records.push(Record::MoveTask { task });
    records
}

// When the next round is, if there is one, or why the task fails.
fn step(turn: &Turn<'_>, task: &mut MoveTask, records: &mut Vec<Record>) -> Result<Option<Timestamp>, &'static str> {
    const GONE: &str = "AWS.SimpleQueueService.NonExistentQueue";
    let source = turn.name_of(&task.source_arn).ok_or(GONE)?;
    let queue = turn.queue(&source).map_err(|_| GONE)?;
    if turn.now.duration_since(task.started) > LONGEST {
        return Err("TaskTimedOut");
    }
    let fifo = queue.is_fifo();
    let earlier = queue.held.range(..task.before).map(|(_, held)| held);
    let mut movable = earlier.filter(|held| held.visible_from() <= turn.now).peekable();
    for (sequence, held) in (turn.state.next_sequence..).zip(movable.by_ref().take(task.rate())) {
        let arn = task.destination_arn.as_deref().or(held.message.dead_letter_source.as_deref());
        let to = turn.name_of(arn.ok_or("CouldNotDetermineMessageSource")?).ok_or(GONE)?;
        let id = Uuid::new_v4().to_string();
        let message = Message {
            sequence,
            deduplication: fifo.then(|| id.clone()),
            id,
            sent: turn.now,
            enqueued: turn.now,
            visible_from: turn.now,
            dead_letter_source: None,
            received_before: 0,
            ..held.message.clone()
        };
        task.moved += 1;
        records.push(Record::Moved { from: source.clone(), sequence: held.message.sequence, to, message });
    }
    Ok(movable.peek().and_then(|_| turn.now.checked_add(ROUND).ok()))
}
