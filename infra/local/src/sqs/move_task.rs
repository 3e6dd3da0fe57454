//! Redriving dead letters: back to where they came from, or elsewhere. The calls; who moves is in `moving`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    error,
    record::Record,
    turn::{Turn, between},
};
use crate::aws_error::AwsError;

/// A task moves no more messages in a second than this, and so many if nothing is said.
const MOST_A_SECOND: u64 = 500;

/// A task.
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
    /// When it moves some again. One that has ended does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Timestamp>,
    /// It was told to end, and perhaps has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cancelled: bool,
    /// What came into the queue later than it began has this sequence number or a later one.
    #[serde(default)]
    pub(super) before: u64,
}

impl MoveTask {
    /// How many messages it moves in a second.
    pub(super) fn rate(&self) -> usize {
        let rate = self.max_number_of_messages_per_second.unwrap_or(MOST_A_SECOND);
        usize::try_from(rate).unwrap_or(usize::MAX)
    }

    fn status(&self) -> &'static str {
        match (self.next, self.cancelled, &self.failure) {
            (Some(_), true, _) => "CANCELLING",
            (Some(_), false, _) => "RUNNING",
            (None, true, _) => "CANCELLED",
            (None, false, Some(_)) => "FAILED",
            (None, false, None) => "COMPLETED",
        }
    }
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
    if turn.state.move_tasks.iter().any(|task| task.source_arn == source_arn && task.next.is_some()) {
        let message = "There is already a task running. Only one active task is allowed for a source queue at a given \
                       time.";
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    let held = turn.queue(&source)?.held.values();
    let found = held.filter(|held| held.visible_from() <= turn.now).count();
    let task = MoveTask {
        id: Uuid::new_v4().to_string(),
        source_arn,
        destination_arn: request.destination_arn,
        max_number_of_messages_per_second: rate,
        moved: 0,
        found: u64::try_from(found).unwrap_or(u64::MAX),
        failure: None,
        started: turn.now,
        next: Some(turn.now),
        cancelled: false,
        before: turn.state.next_sequence,
    };
    let answer = json!({ "TaskHandle": task.id });
    turn.commit(vec![Record::MoveTask { task }])?;
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
        "Status": task.status(),
        "SourceArn": task.source_arn,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.found,
        "StartedTimestamp": task.started.as_millisecond(),
    });
    if task.status() == "RUNNING" {
        result["TaskHandle"] = json!(task.id);
    }
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

/// What has moved stays where it is.
pub(super) fn cancel(turn: &mut Turn<'_>, request: &Cancel) -> Result<Value, AwsError> {
    let handle = request.task_handle.as_deref().ok_or_else(|| error::missing("TaskHandle"))?;
    let task = turn.state.move_tasks.iter().find(|task| task.id == handle);
    let Some(task) = task.cloned() else {
        return Err(AwsError::sender("ResourceNotFoundException", "Task does not exist."));
    };
    if task.status() != "RUNNING" {
        return Err(AwsError::sender("UnsupportedOperation", "Only active tasks can be cancelled."));
    }
    let answer = json!({ "ApproximateNumberOfMessagesMoved": task.moved });
    turn.commit(vec![Record::MoveTask { task: MoveTask { cancelled: true, ..task } }])?;
    Ok(answer)
}
