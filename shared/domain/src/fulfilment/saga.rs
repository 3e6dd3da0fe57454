//! The saga: its messages, what each message means to it, and its plan.

use causeway::{Plan, Saga, Signal, Stage, Step};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, Sku},
    inventory::{ReleaseStock, ReserveStock, StockReleased, StockReservationFailed, StockReserved},
    order::{CancelOrder, ConfirmOrder, OrderCancelled, OrderConfirmed, OrderPlaced},
    quantity::Quantity,
};

/// The time in which all lines are reserved, and later the time to release them.
pub const TIME_TO_RESERVE: SignedDuration = SignedDuration::from_mins(15);

/// The time in which the order is confirmed, and later the time to cancel it.
pub const TIME_TO_CONFIRM: SignedDuration = SignedDuration::from_mins(15);

/// The name of the pivot and of its step.
const CONFIRM: &str = "confirm";

causeway::saga! {
    /// Reserves stock for an order and confirms it, or compensates.
    pub struct Fulfilment: "fulfilment" by order_id: OrderId, with FulfilmentOrder;
    events FulfilmentEvent {
        FulfilmentStarted = 1, FulfilmentStepDone = 1, FulfilmentStepFailed = 1, FulfilmentCompensating = 1,
        FulfilmentStepUndone = 1, FulfilmentCompleted = 1, FulfilmentCompensated = 1, FulfilmentNeedsOperator = 1,
    }
    timer FulfilmentTimer { FulfilmentDeadlinePassed = 1 }
    operator FulfilmentCommand { ResumeFulfilment = 1, AbortFulfilment = 1 }
    on {
        OrderPlaced: |order| Signal::Start(FulfilmentOrder::of(order)),
        OrderConfirmed: |_| Signal::done(CONFIRM),
        OrderCancelled: |order| Signal::undone(CONFIRM).because(&order.reason),
        StockReserved: |stock| Signal::done(reserve(&stock.sku)).with(stock.quantity),
        StockReservationFailed: |stock| Signal::failed(reserve(&stock.sku), why(stock)).with(stock.quantity),
        StockReleased: |stock| Signal::undone(reserve(&stock.sku)),
    }
}

/// What a fulfilment needs to know of its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentOrder {
    /// The lines to reserve.
    pub lines: Vec<FulfilmentLine>,
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

impl Saga for Fulfilment {
    fn plan(order_id: &OrderId, order: &FulfilmentOrder) -> Plan {
        let reservations = order.lines.iter().map(|FulfilmentLine { sku, quantity }| {
            let (order_id, item, pieces) = (order_id.clone(), sku.clone(), quantity.get());
            let release = ReleaseStock { sku: item.clone(), order_id: order_id.clone() };
            Step::new(reserve(sku), sku, ReserveStock { sku: item, order_id, quantity: pieces })
                .undo(sku, release)
                .detail(quantity)
        });
        let id = order_id.clone();
        let confirmation = Step::new(CONFIRM, order_id, ConfirmOrder { order_id: id.clone() })
            .undo_because(order_id, move |reason| CancelOrder { order_id: id.clone(), reason: reason.to_owned() });
        Plan::new().stage(Stage::new("reserve", TIME_TO_RESERVE, reservations)).pivot(
            CONFIRM,
            TIME_TO_CONFIRM,
            confirmation,
        )
    }
}

impl FulfilmentOrder {
    fn of(order: &OrderPlaced) -> Self {
        let lines = order.lines.iter();
        Self { lines: lines.map(|line| FulfilmentLine { sku: line.sku.clone(), quantity: line.quantity }).collect() }
    }
}

/// The name of the step that reserves this item.
fn reserve(sku: &Sku) -> String {
    format!("reserve/{sku}")
}

/// The reason as the buyer reads it.
fn why(failed: &StockReservationFailed) -> String {
    format!("{}: {} wanted, {}", failed.sku, failed.quantity, failed.because)
}
