//! The process board: the status of each fulfilment, its deadline, and the reason for compensation.

use causeway::{
    Patch, StreamId, View,
    log::commit::Recorded,
    saga::{event::Next, process::Status},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::saga::FulfilmentEvent;
use crate::ids::OrderId;

/// The view of fulfilments: one row per fulfilment, in the list of its status, by its deadline or by the time of its
/// end.
#[derive(Debug)]
pub struct ProcessBoard;

/// The status of a fulfilment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessBoardRow {
    /// The id of the order.
    pub order_id: OrderId,
    /// The status of the process.
    #[serde(default)]
    pub status: Status,
    /// The current deadline, while the process runs.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Timestamp>,
    /// The reason for the compensation, if there is one.
    #[serde(default)]
    pub reason: Option<String>,
}

impl ProcessBoard {
    /// The list of the fulfilments of this status.
    pub fn list_of(status: Status) -> &'static str {
        match status {
            Status::NotStarted => "notStarted",
            Status::Running => "running",
            Status::Compensating => "compensating",
            Status::Completed => "completed",
            Status::Compensated => "compensated",
            Status::NeedsOperator => "needsOperator",
        }
    }
}

impl View for ProcessBoard {
    const NAME: &'static str = "process-board";
    type Event = FulfilmentEvent;
    type Row = ProcessBoardRow;

    fn patch(stream: &StreamId, event: &Recorded<FulfilmentEvent>) -> Patch {
        let row = Patch::none().set("orderId", stream.id());
        let listed = |row: Patch, status: Status, by: Timestamp| {
            row.set("status", status).list_at(Self::list_of(status), format!("{by:.9}/{}", stream.id()))
        };
        let by_deadline = |row: Patch, status: Status, next: &Next| match next.deadline {
            Some(deadline) => listed(row, status, deadline).set("deadline", deadline),
            None => row,
        };
        match &event.event {
            FulfilmentEvent::FulfilmentStarted(started) => {
                by_deadline(row.set("status", Status::Running), Status::Running, &started.next)
            }
            FulfilmentEvent::FulfilmentStepDone(done) if done.next.undo.is_empty() => {
                by_deadline(row, Status::Running, &done.next)
            }
            FulfilmentEvent::FulfilmentStepDone(_) => row,
            FulfilmentEvent::FulfilmentStepFailed(failed) => by_deadline(row, Status::Running, &failed.next),
            FulfilmentEvent::FulfilmentCompensating(compensating) => {
                let row = row.set("status", Status::Compensating).set("reason", &compensating.reason);
                by_deadline(row, Status::Compensating, &compensating.next)
            }
            FulfilmentEvent::FulfilmentStepUndone(undone) => by_deadline(row, Status::Compensating, &undone.next),
            FulfilmentEvent::FulfilmentCompleted(_) => listed(row, Status::Completed, event.at).remove("deadline"),
            FulfilmentEvent::FulfilmentCompensated(compensated) => {
                listed(row, Status::Compensated, event.at).remove("deadline").set("reason", &compensated.reason)
            }
            FulfilmentEvent::FulfilmentNeedsOperator(needs) => {
                listed(row, Status::NeedsOperator, event.at).remove("deadline").set("reason", &needs.reason)
            }
        }
    }
}
