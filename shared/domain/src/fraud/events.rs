//! Commands and events of suspicions.

use causeway::MessageId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ids::{OrderId, UserId},
    order::PlaceOrder,
};

causeway::events! {
    /// The commands of a person who looks at a suspicion.
    pub enum FraudCommand: commands to "fraud" by user_id {
        ReleaseHold = 1,
        RejectHold = 1,
    }
}

causeway::events! {
    /// The events of suspicions.
    pub enum FraudEvent: events of "fraud" {
        FraudFactRecorded = 1,
        FraudSuspected = 1,
        OrderHeld = 1,
        HoldReleased = 1,
        HoldRejected = 1,
    }
}

/// Lets an order that waits be placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseHold {
    /// The id of the user.
    pub user_id: UserId,
    /// The id of the order.
    pub order_id: OrderId,
}

/// Rejects an order that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectHold {
    /// The id of the user.
    pub user_id: UserId,
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason.
    pub reason: String,
}

/// Something happened from which a pattern may go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FraudFactRecorded {
    /// The id of the user.
    pub user_id: UserId,
    /// The name of the event.
    pub event: String,
    /// The id of the event.
    pub event_id: MessageId,
    /// When it happened, but not before the fact recorded last.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// What patterns see of it.
    pub fields: Value,
}

/// A pattern was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FraudSuspected {
    /// The id of the user.
    pub user_id: UserId,
    /// The name of the pattern.
    pub pattern: String,
    /// The id of the match, made from the pattern and its events.
    pub match_id: MessageId,
    /// The ids of its events.
    pub events: Vec<MessageId>,
}

/// An order waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderHeld {
    /// The id of the user.
    pub user_id: UserId,
    /// The order.
    pub order: PlaceOrder,
}

/// An order that waited is placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldReleased {
    /// The id of the user.
    pub user_id: UserId,
    /// The order.
    pub order: PlaceOrder,
}

/// An order that waited is never placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldRejected {
    /// The id of the user.
    pub user_id: UserId,
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason.
    pub reason: String,
}
