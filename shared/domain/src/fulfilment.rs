//! Fulfilment: the saga that brings an order to its buyer, or compensates. Stream `fulfilment/<order id>`.
//!
//! | stage, within | command of a step | done | failed | undo | undone |
//! |---|---|---|---|---|---|
//! | reserve, 15 minutes; a step per line | `ReserveStock` | `StockReserved` | `StockReservationFailed` | `ReleaseStock` | `StockReleased` |
//! | pay, 60 minutes | `ProcessPayment` | `OrderPaid` | `PaymentFailed` | `RefundPayment` | `PaymentRefunded`, `PaymentVoided` |
//! | schedule, 60 minutes | `ScheduleShipping` | `ShippingScheduled` | | `CancelShipping` | `ShippingCancelled` |
//! | confirm, 15 minutes; the pivot | `ConfirmOrder` | `OrderConfirmed` | | `CancelOrder` | `OrderCancelled` |
//! | dispatch, 2 days | `ShipOrder` | `OrderShipped` | | | |
//! | deliver, 14 days; a step per line and the carrier's | `ShipStock`; none | `StockShipped`; `OrderDelivered` | | | |
//! | complete, 15 minutes | `CompleteOrder` | `OrderCompleted` | | | |
//!
//! - `OrderPlaced` starts it. Its events are those of every saga: `FulfilmentStarted`, `FulfilmentStepDone`,
//!   `FulfilmentStepFailed`, `FulfilmentCompensating`, `FulfilmentStepUndone`, and exactly one end of
//!   `FulfilmentCompleted`, `FulfilmentCompensated`, `FulfilmentNeedsOperator`.
//! - The order decides whether it is confirmed or cancelled, once, and the saga follows: before it undoes anything it
//!   sends `CancelOrder`, which a confirmed order rejects.
//! - The customer may cancel a confirmed order until it is dispatched. Its shipment decides that, once; when the order is
//!   cancelled the saga refunds and releases.
//! - An operator sends `ResumeFulfilment` or `AbortFulfilment`.

mod fulfilment_order;
mod saga;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use fulfilment_order::{FulfilmentLine, FulfilmentOrder};
pub use saga::{
    AbortFulfilment, Fulfilment, FulfilmentCommand, FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted,
    FulfilmentDeadlinePassed, FulfilmentEvent, FulfilmentNeedsOperator, FulfilmentStarted, FulfilmentStepDone,
    FulfilmentStepFailed, FulfilmentStepUndone, FulfilmentTimer, ResumeFulfilment, TIME_TO_COMPLETE, TIME_TO_CONFIRM,
    TIME_TO_DELIVER, TIME_TO_DISPATCH, TIME_TO_PAY, TIME_TO_RESERVE, TIME_TO_SCHEDULE,
};
pub use samples::context;
pub use views::{ProcessBoard, ProcessBoardRow};
