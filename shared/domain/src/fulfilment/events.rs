//! Events of a fulfilment. Each event carries the data of the commands that it sends.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, Sku},
    quantity::Quantity,
};

causeway::events! {
    /// The events of a fulfilment.
    pub enum FulfilmentEvent: events of "fulfilment" {
        FulfilmentStarted = 1,
        FulfilmentFactNoted = 1,
        FulfilmentLineReserved = 1,
        FulfilmentReserved = 1,
        FulfilmentCompleted = 1,
        FulfilmentCompensating = 1,
        FulfilmentLineReleased = 1,
        FulfilmentReleased = 1,
        FulfilmentCompensated = 1,
        FulfilmentNeedsOperator = 1,
        ReservationsReturned = 1,
    }
}

causeway::events! {
    /// The messages of the timers of a fulfilment. They are not in its stream.
    pub enum FulfilmentTimer: events of "fulfilment" {
        FulfilmentDeadlinePassed = 1,
    }
}

/// One item that an order needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLine {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces.
    pub quantity: Quantity,
}

/// The fulfilment started and requested a reservation for every line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentStarted {
    /// The id of the order.
    pub order_id: OrderId,
    /// The lines to reserve.
    pub lines: Vec<FulfilmentLine>,
    /// The time by which the order must be confirmed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub deadline: Timestamp,
}

/// A message arrived before it can be used, and is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentFactNoted {
    /// The id of the order.
    pub order_id: OrderId,
    /// The message that arrived.
    pub fact: EarlyMessage,
}

/// A message that can arrive before it can be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EarlyMessage {
    /// A line is reserved.
    StockReserved {
        /// The line.
        line: FulfilmentLine,
    },
    /// A line could not be reserved.
    StockReservationFailed {
        /// The line.
        line: FulfilmentLine,
        /// The reason.
        because: String,
    },
    /// The order is confirmed.
    OrderConfirmed,
    /// The order is cancelled.
    OrderCancelled {
        /// The reason.
        reason: String,
    },
}

/// A line was reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLineReserved {
    /// The id of the order.
    pub order_id: OrderId,
    /// The line.
    pub line: FulfilmentLine,
}

/// Every line was reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentReserved {
    /// The id of the order.
    pub order_id: OrderId,
}

/// Every line is reserved and the order is confirmed. An end of the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentCompleted {
    /// The id of the order.
    pub order_id: OrderId,
}

/// The order cannot be fulfilled; compensation started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentCompensating {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason for the compensation.
    pub reason: String,
    /// Whether the order is cancelled already.
    pub order_cancelled: bool,
    /// The line that could not be reserved, if that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Sku>,
    /// The lines to release, the last one first: all that were requested or reserved.
    pub release: Vec<Sku>,
    /// The time by which compensation must have finished.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub deadline: Timestamp,
}

/// A line was released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLineReleased {
    /// The id of the order.
    pub order_id: OrderId,
    /// The sku of the line.
    pub sku: Sku,
}

/// Every line was released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentReleased {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason for which the order is cancelled.
    pub reason: String,
}

/// Every line is released and the order is cancelled. An end of the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentCompensated {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason for the compensation.
    pub reason: String,
}

/// Compensation took too long; an operator must look. An end of the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentNeedsOperator {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason for the compensation.
    pub reason: String,
}

/// Reservations that are not needed any more are released. The status of the process does not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationsReturned {
    /// The id of the order.
    pub order_id: OrderId,
    /// The lines to release.
    pub skus: Vec<Sku>,
    /// The reason.
    pub because: ReturnReason,
}

/// Why reservations are released outside of compensation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReturnReason {
    /// The order was cancelled after its fulfilment had ended.
    OrderCancelled,
    /// The reservation was made when it was not needed any more.
    ReservedTooLate,
}

/// A deadline passed. The timer may publish it late or more than once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentDeadlinePassed {
    /// The id of the order.
    pub order_id: OrderId,
    /// The deadline that passed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub deadline: Timestamp,
}
