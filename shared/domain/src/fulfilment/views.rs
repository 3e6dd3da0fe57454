//! The process board: where each fulfilment stands, until when, and why.

use causeway::{Patch, StreamId, View, log::commit::Recorded, saga::process::Status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::FulfilmentEvent;
use crate::ids::OrderId;

/// One row per fulfilment; it stands in the list of its status, by its deadline or by the time of its end.
#[derive(Debug)]
pub struct ProcessBoard;

/// A fulfilment on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessBoardRow {
    /// The order.
    pub order_id: OrderId,
    /// Where it stands.
    #[serde(default)]
    pub status: Status,
    /// Until when it must be somewhere else.
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    /// Why it is being undone, or was.
    #[serde(default)]
    pub reason: Option<String>,
}

impl ProcessBoard {
    /// The list in which the fulfilments of this status stand.
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
        let stands = |row: Patch, status: Status, by: Timestamp| {
            row.set("status", status).list_at(Self::list_of(status), format!("{by:.9}/{}", stream.id()))
        };
        match &event.event {
            FulfilmentEvent::FulfilmentStarted(started) => {
                stands(row, Status::Running, started.deadline).set("deadline", started.deadline)
            }
            FulfilmentEvent::FulfilmentCompensating(compensating) => {
                stands(row, Status::Compensating, compensating.deadline)
                    .set("deadline", compensating.deadline)
                    .set("reason", &compensating.reason)
            }
            FulfilmentEvent::FulfilmentCompleted(_) => stands(row, Status::Completed, event.at).remove("deadline"),
            FulfilmentEvent::FulfilmentCompensated(compensated) => {
                stands(row, Status::Compensated, event.at).remove("deadline").set("reason", &compensated.reason)
            }
            FulfilmentEvent::FulfilmentNeedsOperator(needs) => {
                stands(row, Status::NeedsOperator, event.at).remove("deadline").set("reason", &needs.reason)
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
