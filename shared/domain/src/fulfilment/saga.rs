//! The saga: its messages, what each message means to it, and its plan.

use causeway::{Plan, Saga, Signal, Stage, Step};
use jiff::SignedDuration;

use super::fulfilment_order::{FulfilmentLine, FulfilmentOrder};
use crate::{
    ids::{OrderId, Sku},
    inventory::{
        ReleaseStock, ReserveStock, ShipStock, StockReleased, StockReservationFailed, StockReserved, StockShipped,
    },
    order::{
        CancelOrder, CompleteOrder, ConfirmOrder, OrderCancelled, OrderCompleted, OrderConfirmed, OrderDelivered,
        OrderPaid, OrderPlaced, OrderShipped,
    },
    payment::{PaymentFailed, PaymentRefunded, PaymentVoided, ProcessPayment, RefundPayment},
    shipment::{CancelShipping, ScheduleShipping, ShipOrder, ShippingCancelled, ShippingScheduled},
};

/// The time in which all lines are reserved, and later the time to release them.
pub const TIME_TO_RESERVE: SignedDuration = SignedDuration::from_mins(15);
/// The time in which the order is paid, and later the time to refund it.
pub const TIME_TO_PAY: SignedDuration = SignedDuration::from_mins(60);
/// The time in which the shipment is scheduled, and later the time to cancel it.
pub const TIME_TO_SCHEDULE: SignedDuration = SignedDuration::from_mins(60);
/// The time in which the order is confirmed, and later the time to cancel it.
pub const TIME_TO_CONFIRM: SignedDuration = SignedDuration::from_mins(15);
/// The time in which the carrier has the parcel, before the shipment is asked again.
pub const TIME_TO_DISPATCH: SignedDuration = SignedDuration::from_hours(2 * 24);
/// The time in which the buyer has the parcel, before an operator is told.
pub const TIME_TO_DELIVER: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The time in which the delivered order is completed, before it is asked again.
pub const TIME_TO_COMPLETE: SignedDuration = SignedDuration::from_mins(15);

causeway::saga! {
    /// Brings an order to its buyer, or compensates.
    pub struct Fulfilment: "fulfilment" by order_id: OrderId, with FulfilmentOrder;
    events FulfilmentEvent {
        FulfilmentStarted = 1, FulfilmentStepDone = 1, FulfilmentStepFailed = 1, FulfilmentCompensating = 1,
        FulfilmentStepUndone = 1, FulfilmentCompleted = 1, FulfilmentCompensated = 1, FulfilmentNeedsOperator = 1,
    }
    timer FulfilmentTimer { FulfilmentDeadlinePassed = 1 }
    operator FulfilmentCommand { ResumeFulfilment = 1, AbortFulfilment = 1 }
    on {
        OrderPlaced: |order| Signal::Start(FulfilmentOrder::of(order)),
        StockReserved: |stock| Signal::done(of("reserve", &stock.sku)).with(stock.quantity),
        StockReservationFailed: |stock| Signal::failed(of("reserve", &stock.sku), why(stock)).with(stock.quantity),
        StockReleased: |stock| Signal::undone(of("reserve", &stock.sku)),
        OrderPaid: |_| Signal::done("pay"),
        PaymentFailed: |payment| Signal::failed("pay", payment.because.to_string()),
        PaymentRefunded: |_| Signal::undone("pay"),
        PaymentVoided: |_| Signal::undone("pay"),
        ShippingScheduled: |_| Signal::done("schedule"),
        ShippingCancelled: |_| Signal::undone("schedule"),
        OrderConfirmed: |_| Signal::done("confirm"),
        OrderCancelled: |order| Signal::undone("confirm").because(&order.reason),
        OrderShipped: |_| Signal::done("dispatch"),
        StockShipped: |stock| Signal::done(of("ship", &stock.sku)),
        OrderDelivered: |_| Signal::done("deliver"),
        OrderCompleted: |_| Signal::done("complete"),
    }
}

impl Saga for Fulfilment {
    fn plan(id: &OrderId, order: &FulfilmentOrder) -> Plan {
        let FulfilmentOrder { lines, user_id, total, payment_token, address } = order.clone();
        let order_id = || id.clone();
        let reservation = |FulfilmentLine { sku, quantity }: &FulfilmentLine| {
            let release = ReleaseStock { sku: sku.clone(), order_id: order_id() };
            let reserve = ReserveStock { sku: sku.clone(), order_id: order_id(), quantity: quantity.get() };
            Step::new(of("reserve", sku), sku, reserve).undo(sku, release).detail(quantity)
        };
        let (payer, buyer) = (order_id(), order_id());
        let payment = ProcessPayment { order_id: order_id(), user_id, amount: total, payment_token };
        let payment = Step::new("pay", id, payment)
            .undo_because(id, move |reason| RefundPayment { order_id: payer.clone(), reason: reason.to_owned() });
        let schedule = Step::new("schedule", id, ScheduleShipping { order_id: order_id(), address })
            .undo(id, CancelShipping { order_id: order_id() });
        let confirm = Step::new("confirm", id, ConfirmOrder { order_id: order_id() })
            .undo_because(id, move |reason| CancelOrder::unless_confirmed(buyer.clone(), reason));
        let dispatch = Step::new("dispatch", id, ShipOrder { order_id: order_id(), tracking: None });
        let ship = |FulfilmentLine { sku, .. }: &FulfilmentLine| {
            Step::new(of("ship", sku), sku, ShipStock { sku: sku.clone(), order_id: order_id() })
        };
        let deliver = lines.iter().map(ship).chain([Step::wait("deliver")]);
        let complete = Step::new("complete", id, CompleteOrder { order_id: order_id() });
        Plan::new()
            .stage(Stage::new("reserve", TIME_TO_RESERVE, lines.iter().map(reservation)))
            .stage(Stage::new("pay", TIME_TO_PAY, [payment]))
            .stage(Stage::new("schedule", TIME_TO_SCHEDULE, [schedule]))
            .pivot("confirm", TIME_TO_CONFIRM, confirm)
            .stage(Stage::new("dispatch", TIME_TO_DISPATCH, [dispatch]))
            .stage(Stage::new("deliver", TIME_TO_DELIVER, deliver))
            .stage(Stage::new("complete", TIME_TO_COMPLETE, [complete]))
    }
}

/// The name of a line's step.
fn of(verb: &str, sku: &Sku) -> String {
    format!("{verb}/{sku}")
}

/// The reason as the buyer reads it.
fn why(failed: &StockReservationFailed) -> String {
    format!("{}: {} wanted, {}", failed.sku, failed.quantity, failed.because)
}
