//! The process board: the status of each fulfilment, its deadline, and the reason for compensation.

use causeway::{Patch, StreamId, View, log::commit::Recorded, saga::process::Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::FulfilmentEvent;
use crate::ids::OrderId;

/// The view of fulfilments: one row per fulfilment, in the list of its status, by its deadline or by the time of its
/// end.
#[derive(Debug)]
pub struct ProcessBoard;

/// The status of a fulfilment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessBoardRow {
    /// The id of the order.
    pub order_id: OrderId,
    /// The status of the process.
    #[serde(default)]
    pub status: Status,
    /// The current deadline, while the process runs.
    #[serde(default)]
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
        match &event.event {
            FulfilmentEvent::FulfilmentStarted(started) => {
                listed(row, Status::Running, started.deadline).set("deadline", started.deadline)
            }
            FulfilmentEvent::FulfilmentCompensating(compensating) => {
                listed(row, Status::Compensating, compensating.deadline)
                    .set("deadline", compensating.deadline)
                    .set("reason", &compensating.reason)
            }
            FulfilmentEvent::FulfilmentCompleted(_) => listed(row, Status::Completed, event.at).remove("deadline"),
            FulfilmentEvent::FulfilmentCompensated(compensated) => {
                listed(row, Status::Compensated, event.at).remove("deadline").set("reason", &compensated.reason)
            }
            FulfilmentEvent::FulfilmentNeedsOperator(needs) => {
                listed(row, Status::NeedsOperator, event.at).remove("deadline").set("reason", &needs.reason)
            }
            FulfilmentEvent::FulfilmentFactNoted(_)
            | FulfilmentEvent::FulfilmentLineReserved(_)
            | FulfilmentEvent::FulfilmentReserved(_)
            | FulfilmentEvent::FulfilmentLineReleased(_)
            | FulfilmentEvent::FulfilmentReleased(_)
            | FulfilmentEvent::ReservationsReturned(_) => row,
        }
    }
}
