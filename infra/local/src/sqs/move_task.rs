//! Dead-letter queue redrive: tasks that move messages from a dead-letter queue to their source queues or to another
//! queue. A task moves messages once a second, up to its maximum rate. The moved messages and the task's progress are
//! stored in one write, so that a task continues after a restart where it stopped.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    error,
    message::Message,
    queues::Request,
    state::{Change, MoveTask, Transaction, in_range},
};
use crate::aws_error::AwsError;

/// The maximum, and the default, number of messages that a task moves in a second.
const MAX_PER_SECOND: u64 = 500;
/// The time between two rounds of a task.
const ROUND: SignedDuration = SignedDuration::from_secs(1);
/// The time after which a task fails.
const MAX_DURATION: SignedDuration = SignedDuration::from_hours(36);
/// The error code for a queue that does not exist.
const NO_QUEUE: &str = "AWS.SimpleQueueService.NonExistentQueue";

pub(super) fn start_move_task(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let source_arn = request.source_arn.ok_or_else(|| error::missing("SourceArn"))?;
    let rate = in_range("MaxNumberOfMessagesPerSecond", request.max_number_of_messages_per_second, 1, 500)?;
    let source = tx.queue_name(&source_arn).ok_or_else(|| error::no_such_resource("SourceArn"))?;
    let source = tx.open_queue_by_name(source)?;
    if tx.dead_letter_sources(&source_arn).is_empty() {
        return Err(error::invalid_parameter("Source queue must be configured as a Dead Letter Queue."));
    }
    let fifo = tx.queue(&source)?.is_fifo();
    if let Some(arn) = &request.destination_arn {
        let name = tx.queue_name(arn).ok_or_else(|| error::no_such_resource("DestinationArn"))?;
        if tx.queue(&name)?.is_fifo() != fifo {
            return Err(error::invalid_parameter("Source and destination queues must be of the same type."));
        }
    }
    if tx.state.move_tasks.iter().any(|task| task.source_arn == source_arn && task.next.is_some()) {
        return Err(error::invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue at a given \
                       time.",
        ));
    }
    let messages = tx.queue(&source)?.messages.values();
    let found = messages.filter(|queued| queued.visible_from() <= tx.now).count();
    let task = MoveTask {
        id: Uuid::new_v4().to_string(),
        source_arn,
        destination_arn: request.destination_arn,
        max_number_of_messages_per_second: rate,
        moved: 0,
        found: u64::try_from(found).unwrap_or(u64::MAX),
        failure: None,
        started: tx.now,
        next: Some(tx.now),
        cancelled: false,
        before: tx.state.next_sequence,
    };
    let response = json!({ "TaskHandle": handle(&task) });
    tx.commit(vec![Change::MoveTask { task }])?;
    Ok(response)
}

/// The content of a task handle.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskHandle {
    task_id: String,
    source_arn: String,
}

fn handle(task: &MoveTask) -> String {
    let handle = TaskHandle { task_id: task.id.clone(), source_arn: task.source_arn.clone() };
    STANDARD.encode(json!(handle).to_string())
}

fn parse_handle(handle: &str) -> Option<TaskHandle> {
    serde_json::from_slice(&STANDARD.decode(handle).ok()?).ok()
}

pub(super) fn list_move_tasks(tx: &Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let arn = request.source_arn.as_deref().ok_or_else(|| error::missing("SourceArn"))?;
    tx.queue_name(arn).ok_or_else(|| error::no_such_resource("SourceArn"))?;
    let max = in_range("MaxResults", request.max_results, 1, 10)?.unwrap_or(1);
    let tasks = tx.state.move_tasks.iter().rev().filter(|task| task.source_arn == arn);
    let tasks: Vec<Value> = tasks.take(usize::try_from(max).unwrap_or(1)).map(describe).collect();
    Ok(json!({ "Results": tasks }))
}

fn describe(task: &MoveTask) -> Value {
    let mut described = json!({
        "Status": task.status(),
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.found,
        "StartedTimestamp": task.started.as_millisecond(),
    });
    if task.status() == "RUNNING" {
        described["TaskHandle"] = json!(handle(task));
    }
    if let Some(arn) = &task.destination_arn {
        described["DestinationArn"] = json!(arn);
    }
    if let Some(rate) = task.max_number_of_messages_per_second {
        described["MaxNumberOfMessagesPerSecond"] = json!(rate);
    }
    if let Some(reason) = &task.failure {
        described["FailureReason"] = json!(reason);
    }
    described
}

/// Cancels a task. Messages that it has moved are not moved back.
pub(super) fn cancel_move_task(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let given = request.task_handle.as_deref().ok_or_else(|| error::missing("TaskHandle"))?;
    let handle = parse_handle(given)
        .ok_or_else(|| error::invalid_parameter(format!("Value {given} for parameter TaskHandle is invalid.")))?;
    tx.queue_name(&handle.source_arn).ok_or_else(|| error::no_such_resource("SourceArn"))?;
    let task = tx.state.move_tasks.iter().find(|task| task.id == handle.task_id);
    let Some(task) = task.cloned() else {
        return Err(error::resource_not_found("Task does not exist."));
    };
    if task.status() != "RUNNING" {
        return Err(AwsError::sender("UnsupportedOperation", "Only active tasks can be cancelled."));
    }
    let response = json!({ "ApproximateNumberOfMessagesMoved": task.moved });
    tx.commit(vec![Change::MoveTask { task: MoveTask { cancelled: true, ..task } }])?;
    Ok(response)
}

pub(super) fn run_due(tx: &mut Transaction<'_>) {
    let now = tx.now;
    let due: Vec<MoveTask> = tx.state.move_tasks.iter().filter(|task| task.is_due(now)).cloned().collect();
    for task in due {
        let changes = run_round(tx, task);
        // Messages whose move could not be stored have not moved. The next round tries again.
        if let Err(error) = tx.commit(changes) {
            tracing::warn!(%error, "dead letters were not moved");
            return;
        }
    }
}

/// The time of the next round of any task.
pub(super) fn next_round(tx: &Transaction<'_>) -> Option<Timestamp> {
    let next = tx.state.move_tasks.iter().filter_map(|task| task.next).min()?;
    // A task that is still due could not be stored.
    Some(if next <= tx.now { tx.now.checked_add(ROUND).unwrap_or(Timestamp::MAX) } else { next })
}

/// The changes of one round: the moved messages, and the task with its progress.
fn run_round(tx: &Transaction<'_>, mut task: MoveTask) -> Vec<Change> {
    let mut changes = Vec::new();
    let next = if task.cancelled { Ok(None) } else { move_messages(tx, &mut task, &mut changes) };
    (task.next, task.failure) = match next {
        Ok(next) => (next, None),
        Err(reason) => (None, Some(reason.to_owned())),
    };
    changes.push(Change::MoveTask { task });
    changes
}

/// Moves the messages of one round. Returns the time of the next round if there is one, or why the task fails.
fn move_messages(
    tx: &Transaction<'_>,
    task: &mut MoveTask,
    changes: &mut Vec<Change>,
) -> Result<Option<Timestamp>, &'static str> {
    let source = tx.queue_name(&task.source_arn).ok_or(NO_QUEUE)?;
    let queue = tx.queue(&source).map_err(|_| NO_QUEUE)?;
    if tx.now.duration_since(task.started) > MAX_DURATION {
        return Err("TaskTimedOut");
    }
    let fifo = queue.is_fifo();
    let rate = usize::try_from(task.max_number_of_messages_per_second.unwrap_or(MAX_PER_SECOND)).unwrap_or(usize::MAX);
    let earlier = queue.messages.range(..task.before).map(|(_, queued)| queued);
    let mut movable = earlier.filter(|queued| queued.visible_from() <= tx.now).peekable();
    for (sequence, queued) in (tx.state.next_sequence..).zip(movable.by_ref().take(rate)) {
        let arn = task.destination_arn.as_deref().or(queued.message.dead_letter_source.as_deref());
        let to = tx.queue_name(arn.ok_or("CouldNotDetermineMessageSource")?).ok_or(NO_QUEUE)?;
        let id = Uuid::new_v4().to_string();
        let message = Message {
            sequence,
            deduplication: fifo.then(|| id.clone()),
            id,
            sent: tx.now,
            enqueued: tx.now,
            visible_from: tx.now,
            dead_letter_source: None,
            received_before: 0,
            ..queued.message.clone()
        };
        task.moved += 1;
        changes.push(Change::Moved { from: source.clone(), sequence: queued.message.sequence, to, message });
    }
    Ok(movable.peek().and_then(|_| tx.now.checked_add(ROUND).ok()))
}
