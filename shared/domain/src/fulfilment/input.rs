//! The input of a fulfilment: a message of another context or of its own timer.

use causeway::Received;
use jiff::Timestamp;

use super::events::{EarlyMessage, FulfilmentDeadlinePassed, FulfilmentLine};
use crate::{
    ids::{OrderId, Sku},
    inventory::{StockReleased, StockReservationFailed, StockReserved},
    order::{OrderCancelled, OrderConfirmed, OrderPlaced},
};

/// A message for the process.
#[derive(Clone, Debug, PartialEq)]
pub struct FulfilmentInput {
    /// The id of the order.
    pub order_id: OrderId,
    /// The time of the change.
    pub at: Timestamp,
    /// The message.
    pub trigger: Trigger,
}

/// The messages that the process handles.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// The order is placed.
    OrderPlaced {
        /// The time when the order was placed.
        placed_at: Timestamp,
        /// The lines of the order.
        lines: Vec<FulfilmentLine>,
    },
    /// The order is confirmed.
    OrderConfirmed,
    /// The order is cancelled.
    OrderCancelled {
        /// The reason.
        reason: String,
    },
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
    /// A line is released.
    StockReleased {
        /// The sku of the line.
        sku: Sku,
    },
    /// A deadline passed.
    DeadlinePassed {
        /// The deadline that passed.
        deadline: Timestamp,
    },
}

impl FulfilmentInput {
    /// `OrderPlaced`, handled at this time.
    pub fn order_placed(event: &Received<OrderPlaced>, at: Timestamp) -> Self {
        let needed = event.data.lines.iter();
        let lines = needed.map(|line| FulfilmentLine { sku: line.sku.clone(), quantity: line.quantity }).collect();
        let trigger = Trigger::OrderPlaced { placed_at: event.timestamp, lines };
        Self { order_id: event.data.order_id.clone(), at, trigger }
    }

    /// `OrderConfirmed`, handled at this time.
    pub fn order_confirmed(event: &Received<OrderConfirmed>, at: Timestamp) -> Self {
        Self { order_id: event.data.order_id.clone(), at, trigger: Trigger::OrderConfirmed }
    }

    /// `OrderCancelled`, handled at this time.
    pub fn order_cancelled(event: &Received<OrderCancelled>, at: Timestamp) -> Self {
        let OrderCancelled { order_id, reason } = event.data.clone();
        Self { order_id, at, trigger: Trigger::OrderCancelled { reason } }
    }

    /// `StockReserved`, handled at this time.
    pub fn stock_reserved(event: &Received<StockReserved>, at: Timestamp) -> Self {
        let StockReserved { order_id, sku, quantity } = event.data.clone();
        Self { order_id, at, trigger: Trigger::StockReserved { line: FulfilmentLine { sku, quantity } } }
    }

    /// `StockReservationFailed`, handled at this time.
    pub fn stock_reservation_failed(event: &Received<StockReservationFailed>, at: Timestamp) -> Self {
        let StockReservationFailed { order_id, sku, quantity, because } = event.data.clone();
        let line = FulfilmentLine { sku, quantity };
        Self { order_id, at, trigger: Trigger::StockReservationFailed { line, because: because.to_string() } }
    }

    /// `StockReleased`, handled at this time.
    pub fn stock_released(event: &Received<StockReleased>, at: Timestamp) -> Self {
        let StockReleased { order_id, sku, .. } = event.data.clone();
        Self { order_id, at, trigger: Trigger::StockReleased { sku } }
    }

    /// `FulfilmentDeadlinePassed`, handled at this time.
    pub fn deadline_passed(event: &Received<FulfilmentDeadlinePassed>, at: Timestamp) -> Self {
        let FulfilmentDeadlinePassed { order_id, deadline } = event.data.clone();
        Self { order_id, at, trigger: Trigger::DeadlinePassed { deadline } }
    }
}

impl From<EarlyMessage> for Trigger {
    fn from(noted: EarlyMessage) -> Self {
        match noted {
            EarlyMessage::StockReserved { line } => Self::StockReserved { line },
            EarlyMessage::StockReservationFailed { line, because } => Self::StockReservationFailed { line, because },
            EarlyMessage::OrderConfirmed => Self::OrderConfirmed,
            EarlyMessage::OrderCancelled { reason } => Self::OrderCancelled { reason },
        }
    }
}
