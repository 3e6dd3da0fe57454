//! The view of suspicions.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::FraudEvent;
use crate::ids::{OrderId, UserId};

/// The view of suspicions: one row per user of whom a fact was recorded. Those whose orders wait are in the list `waiting`,
/// the other suspected ones in `suspected`, the longest there first.
#[derive(Debug)]
pub struct FraudCase;

/// The status of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FraudCaseStatus {
    /// Nothing is suspected.
    #[default]
    Clear,
    /// The next order waits.
    Suspected,
    /// An order waits.
    Waiting,
}

/// The suspicions of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FraudCaseRow {
    /// The id of the user.
    pub user_id: UserId,
    /// The status.
    #[serde(default)]
    pub status: FraudCaseStatus,
    /// The pattern that was found last.
    #[serde(default)]
    pub pattern: Option<String>,
    /// When it was found.
    #[serde(default)]
    pub suspected_at: Option<Timestamp>,
    /// The order that was held last.
    #[serde(default)]
    pub held_order: Option<OrderId>,
    /// The number of orders that wait.
    #[serde(default)]
    pub waiting: i64,
    /// The number of facts from which a pattern might go on.
    #[serde(default)]
    pub facts: u64,
}

impl FraudCase {
    /// The list of the users whose orders wait.
    pub const WAITING: &'static str = "waiting";
    /// The list of the users who are suspected.
    pub const SUSPECTED: &'static str = "suspected";
    /// The list of the users who were suspected.
    pub const CLEAR: &'static str = "clear";
}

impl View for FraudCase {
    const NAME: &'static str = "fraud-case";
    type Event = FraudEvent;
    type Row = FraudCaseRow;

    fn patch(stream: &StreamId, event: &Recorded<FraudEvent>) -> Patch {
        let row = Patch::none().set("userId", stream.id());
        let sort_key = format!("{:.9}/{}", event.at, stream.id());
        match &event.event {
            FraudEvent::FraudFactRecorded(_) => row.add("facts", 1),
            FraudEvent::FraudSuspected(suspected) => row
                .set("status", FraudCaseStatus::Suspected)
                .set("pattern", &suspected.pattern)
                .set("suspectedAt", event.at)
                .list_at(Self::SUSPECTED, sort_key),
            FraudEvent::OrderHeld(held) => row
                .set("status", FraudCaseStatus::Waiting)
                .set("heldOrder", &held.order.order_id)
                .add("waiting", 1)
                .list_at(Self::WAITING, sort_key),
            FraudEvent::HoldReleased(_) => {
                row.set("status", FraudCaseStatus::Clear).add("waiting", -1).list_at(Self::CLEAR, sort_key)
            }
            FraudEvent::HoldRejected(_) => {
                row.set("status", FraudCaseStatus::Suspected).add("waiting", -1).list_at(Self::SUSPECTED, sort_key)
            }
        }
    }
}
