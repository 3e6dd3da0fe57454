//! What happens to a fulfilment. Each fact holds what its own wishes need.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, Sku},
    quantity::Quantity,
};

causeway::events! {
    /// What can happen to a fulfilment.
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
    /// What a fulfilment's timers say. They are not in its stream.
    pub enum FulfilmentTimer: events of "fulfilment" {
        FulfilmentDeadlinePassed = 1,
    }
}

/// What an order needs of one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLine {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
}

/// A fulfilment began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentStarted {
    /// The order.
    pub order_id: OrderId,
    /// What it needs.
    pub lines: Vec<FulfilmentLine>,
    /// Until when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub deadline: Timestamp,
}

/// Something was input that is of use later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentFactNoted {
    /// The order.
    pub order_id: OrderId,
    /// What was input.
    pub fact: EarlyMessage,
}

/// What may be input before it is of use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EarlyMessage {
    /// A line is reserved.
    StockReserved {
        /// The line.
        line: FulfilmentLine,
    },
    /// A line is refused.
    StockReservationFailed {
        /// The line.
        line: FulfilmentLine,
        /// Why.
        because: String,
    },
    /// The order is confirmed.
    OrderConfirmed,
    /// The order is cancelled.
    OrderCancelled {
        /// Why.
        reason: String,
    },
}

/// A line was reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLineReserved {
    /// The order.
    pub order_id: OrderId,
    /// The line.
    pub line: FulfilmentLine,
}

/// Every line was reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentReserved {
    /// The order.
    pub order_id: OrderId,
}

/// The order has all it needs, and is confirmed. An end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentCompleted {
    /// The order.
    pub order_id: OrderId,
}

/// The order will not get what it needs: what was done is being undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentCompensating {
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: String,
    /// Whether the order is cancelled already.
    pub order_cancelled: bool,
    /// The line that was refused, if that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Sku>,
    /// What is released: all that was asked or done, the last first.
    pub release: Vec<Sku>,
    /// Until when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub deadline: Timestamp,
}

/// A line was released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLineReleased {
    /// The order.
    pub order_id: OrderId,
    /// The line.
    pub sku: Sku,
}

/// Every line was released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentReleased {
    /// The order.
    pub order_id: OrderId,
    /// Why it is cancelled.
    pub reason: String,
}

/// All is undone, and the order is cancelled. An end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentCompensated {
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: String,
}

/// Undoing took too long: somebody must look. An end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentNeedsOperator {
    /// The order.
    pub order_id: OrderId,
    /// Why it was to be undone.
    pub reason: String,
}

/// Reservations that nobody needs any more are given back. Where the process stands does not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationsReturned {
    /// The order.
    pub order_id: OrderId,
    /// What is released.
    pub skus: Vec<Sku>,
    /// Why.
    pub because: ReturnReason,
}

/// Why reservations are given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReturnReason {
    /// The order was cancelled although its fulfilment had ended.
    OrderCancelled,
    /// The reservation came when it was no longer wanted.
    ReservedTooLate,
}

/// A fulfilment's deadline passed. Said by its timer, maybe late, maybe twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentDeadlinePassed {
    /// The order.
    pub order_id: OrderId,
    /// Which of its deadlines.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub deadline: Timestamp,
}
