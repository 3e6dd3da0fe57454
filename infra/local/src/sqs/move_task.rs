//! Redriving dead letters: back to where they came from, or elsewhere. A task is done at once.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use super::error;
use super::message::Message;
use super::record::Record;
use super::turn::Turn;
use super::turn::between;
use crate::aws_error::AwsError;

/// A task that is done.
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
    pub(super) found: u64,
    pub(super) failure: Option<String>,
    pub(super) started: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Start {
    source_arn: Option<String>,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i64>,
}

pub(super) fn start(turn: &mut Turn<'_>, request: Start) -> Result<Value, AwsError> {
    let source_arn = request.source_arn.ok_or_else(|| error::missing("SourceArn"))?;
    let rate = between("MaxNumberOfMessagesPerSecond", request.max_number_of_messages_per_second, 1, 500)?;
    let source = turn.name_of(&source_arn).ok_or_else(|| error::no_such_resource("SourceArn"))?;
    let source = turn.enter_by_name(source)?;
    if turn.sources_of(&source_arn).is_empty() {
        let message = "Source queue must be configured as a Dead Letter Queue.";
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    let fifo = turn.queue(&source)?.is_fifo();
    if let Some(arn) = &request.destination_arn {
        let name = turn.name_of(arn).ok_or_else(|| error::no_such_resource("DestinationArn"))?;
        if turn.queue(&name)?.is_fifo() != fifo {
            let message = "Source and destination queues must be of the same type.";
            return Err(AwsError::sender("InvalidParameterValue", message));
        }
    }
    let queue = turn.queue(&source)?;
    let (mut records, mut failure, mut found) = (Vec::new(), None, 0);
    let mut sequence = turn.state.next_sequence;
    for held in queue.held.values().filter(|held| held.visible_from() <= turn.now) {
        found += 1;
        let arn = request.destination_arn.as_deref().or(held.message.dead_letter_source.as_deref());
        let Some(to) = arn.and_then(|arn| turn.name_of(arn)) else {
            failure = Some("AWS.SimpleQueueService.NonExistentQueue".to_owned());
            continue;
        };
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
        sequence += 1;
        records.push(Record::Moved { from: source.clone(), sequence: held.message.sequence, to, message });
    }
    let task = MoveTask {
        id: Uuid::new_v4().to_string(),
        source_arn,
        destination_arn: request.destination_arn,
        max_number_of_messages_per_second: rate,
        moved: u64::try_from(records.len()).unwrap_or(u64::MAX),
        found,
        failure,
        started: turn.now,
    };
    let answer = json!({ "TaskHandle": task.id });
    records.push(Record::MoveTaskDone { task });
    turn.commit(records)?;
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    source_arn: Option<String>,
    max_results: Option<i64>,
}

pub(super) fn list(turn: &Turn<'_>, request: &List) -> Result<Value, AwsError> {
    let arn = request.source_arn.as_deref().ok_or_else(|| error::missing("SourceArn"))?;
    turn.name_of(arn).ok_or_else(|| error::no_such_resource("SourceArn"))?;
    let most = between("MaxResults", request.max_results, 1, 10)?.unwrap_or(1);
    let tasks = turn.state.move_tasks.iter().rev().filter(|task| task.source_arn == arn);
    let tasks: Vec<Value> = tasks.take(usize::try_from(most).unwrap_or(1)).map(describe).collect();
    Ok(json!({ "Results": tasks }))
}

fn describe(task: &MoveTask) -> Value {
    let mut result = json!({
        "Status": if task.failure.is_some() { "FAILED" } else { "COMPLETED" },
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.found,
        "StartedTimestamp": task.started.as_millisecond(),
    });
    if let Some(arn) = &task.destination_arn {
        result["DestinationArn"] = json!(arn);
    }
    if let Some(rate) = task.max_number_of_messages_per_second {
        result["MaxNumberOfMessagesPerSecond"] = json!(rate);
    }
    if let Some(reason) = &task.failure {
        result["FailureReason"] = json!(reason);
    }
    result
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Cancel {
    task_handle: Option<String>,
}

/// Every task is done when it is answered, so there is none to stop.
pub(super) fn cancel(turn: &Turn<'_>, request: &Cancel) -> Result<Value, AwsError> {
    let handle = request.task_handle.as_deref().ok_or_else(|| error::missing("TaskHandle"))?;
    match turn.state.move_tasks.iter().any(|task| task.id == handle) {
        true => Err(AwsError::sender("UnsupportedOperation", "Only active tasks can be cancelled.")),
        false => Err(no_such_task()),
    }
}

fn no_such_task() -> AwsError {
    AwsError::sender("ResourceNotFoundException", "Task does not exist.")
}
