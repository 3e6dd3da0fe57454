//! What a fulfilment hears: facts of others, each with the order it is about and the time it was heard.

use causeway::Received;
use jiff::Timestamp;

use super::events::{FulfilmentDeadlinePassed, FulfilmentLine, NotedFact};
use crate::{
    ids::{OrderId, Sku},
    inventory::{StockReleased, StockReservationFailed, StockReserved},
    order::{OrderCancelled, OrderConfirmed, OrderPlaced},
};

/// A fact, as the process hears it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// About which order.
    pub order_id: OrderId,
    /// When it was heard.
    pub at: Timestamp,
    /// What was heard.
    pub fact: Fact,
}

/// What others said.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// The order is placed.
    OrderPlaced {
        /// When.
        placed_at: Timestamp,
        /// What it needs.
        lines: Vec<FulfilmentLine>,
    },
    /// The order is confirmed.
    OrderConfirmed,
    /// The order is cancelled.
    OrderCancelled {
        /// Why.
        reason: String,
    },
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
    /// A line is released.
    StockReleased {
        /// The line.
        sku: Sku,
    },
    /// A deadline passed.
    DeadlinePassed {
        /// Which.
        deadline: Timestamp,
    },
}

impl Heard {
    /// `OrderPlaced`, heard at this time.
    pub fn order_placed(event: &Received<OrderPlaced>, at: Timestamp) -> Self {
        let needed = event.data.lines.iter();
        let lines = needed.map(|line| FulfilmentLine { sku: line.sku.clone(), quantity: line.quantity }).collect();
        let fact = Fact::OrderPlaced { placed_at: event.timestamp, lines };
        Self { order_id: event.data.order_id.clone(), at, fact }
    }

    /// `OrderConfirmed`, heard at this time.
    pub fn order_confirmed(event: &Received<OrderConfirmed>, at: Timestamp) -> Self {
        Self { order_id: event.data.order_id.clone(), at, fact: Fact::OrderConfirmed }
    }

    /// `OrderCancelled`, heard at this time.
    pub fn order_cancelled(event: &Received<OrderCancelled>, at: Timestamp) -> Self {
        let OrderCancelled { order_id, reason } = event.data.clone();
        Self { order_id, at, fact: Fact::OrderCancelled { reason } }
    }

    /// `StockReserved`, heard at this time.
    pub fn stock_reserved(event: &Received<StockReserved>, at: Timestamp) -> Self {
        let StockReserved { order_id, sku, quantity } = event.data.clone();
        Self { order_id, at, fact: Fact::StockReserved { line: FulfilmentLine { sku, quantity } } }
    }

    /// `StockReservationFailed`, heard at this time.
    pub fn stock_reservation_failed(event: &Received<StockReservationFailed>, at: Timestamp) -> Self {
        let StockReservationFailed { order_id, sku, quantity, because } = event.data.clone();
        let line = FulfilmentLine { sku, quantity };
        Self { order_id, at, fact: Fact::StockReservationFailed { line, because: because.to_string() } }
    }

    /// `StockReleased`, heard at this time.
    pub fn stock_released(event: &Received<StockReleased>, at: Timestamp) -> Self {
        let StockReleased { order_id, sku, .. } = event.data.clone();
        Self { order_id, at, fact: Fact::StockReleased { sku } }
    }

    /// `FulfilmentDeadlinePassed`, heard at this time.
    pub fn deadline_passed(event: &Received<FulfilmentDeadlinePassed>, at: Timestamp) -> Self {
        let FulfilmentDeadlinePassed { order_id, deadline } = event.data.clone();
        Self { order_id, at, fact: Fact::DeadlinePassed { deadline } }
    }
}

impl From<NotedFact> for Fact {
    fn from(noted: NotedFact) -> Self {
        match noted {
            NotedFact::StockReserved { line } => Self::StockReserved { line },
            NotedFact::StockReservationFailed { line, because } => Self::StockReservationFailed { line, because },
            NotedFact::OrderConfirmed => Self::OrderConfirmed,
            NotedFact::OrderCancelled { reason } => Self::OrderCancelled { reason },
        }
    }
}
