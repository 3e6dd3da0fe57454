//! Fulfilment: the saga that reserves stock for an order and confirms it, or compensates. Stream
//! `fulfilment/<order id>`.
//!
//! | stage | command of a step | done | failed | undo | undone |
//! |---|---|---|---|---|---|
//! | reserve, a step per line | `ReserveStock` | `StockReserved` | `StockReservationFailed` | `ReleaseStock` | `StockReleased` |
//! | confirm, the pivot | `ConfirmOrder` | `OrderConfirmed` | | `CancelOrder` | `OrderCancelled` |
//!
//! - `OrderPlaced` starts it. Its events are those of every saga: `FulfilmentStarted`, `FulfilmentStepDone`,
//!   `FulfilmentStepFailed`, `FulfilmentCompensating`, `FulfilmentStepUndone`, and exactly one end of
//!   `FulfilmentCompleted`, `FulfilmentCompensated`, `FulfilmentNeedsOperator`.
//! - The order decides whether it is confirmed or cancelled, once, and the saga follows: before it releases anything it
//!   sends `CancelOrder`, which a confirmed order rejects.
//! - An operator sends `ResumeFulfilment` or `AbortFulfilment`.

mod saga;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use saga::{
    AbortFulfilment, Fulfilment, FulfilmentCommand, FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted,
    FulfilmentDeadlinePassed, FulfilmentEvent, FulfilmentLine, FulfilmentNeedsOperator, FulfilmentOrder,
    FulfilmentStarted, FulfilmentStepDone, FulfilmentStepFailed, FulfilmentStepUndone, FulfilmentTimer,
    ResumeFulfilment, TIME_TO_CONFIRM, TIME_TO_RESERVE,
};
pub use samples::context;
pub use views::{ProcessBoard, ProcessBoardRow};
