//! Fulfilment: the process that reserves stock for an order and confirms it, or compensates. Stream
//! `fulfilment/<order id>`.
//!
//! | message | event | commands and timers |
//! |---|---|---|
//! | `OrderPlaced` | `FulfilmentStarted` | `ReserveStock` for every line, a deadline |
//! | `StockReserved` | `FulfilmentLineReserved`; with the last line `FulfilmentReserved` | then `ConfirmOrder` |
//! | `OrderConfirmed` | `FulfilmentCompleted` | cancels the deadline |
//! | `StockReservationFailed`, `OrderCancelled`, `FulfilmentDeadlinePassed`, a `StockReleased` that was not requested | `FulfilmentCompensating` | `ReleaseStock` for every line requested or reserved, the last first; a second deadline |
//! | `StockReleased` | `FulfilmentLineReleased`; with the last line `FulfilmentReleased` | then `CancelOrder` with the reason |
//! | `OrderCancelled` | `FulfilmentCompensated` | cancels the deadline |
//! | the second `FulfilmentDeadlinePassed` | `FulfilmentNeedsOperator` | `CancelOrder`, so that no buyer waits for ever |
//! | `OrderCancelled` after an end, or a late `StockReserved` | `ReservationsReturned` | `ReleaseStock` |
//! | a message that arrives before it can be used | `FulfilmentFactNoted` | |
//!
//! - Exactly one of `FulfilmentCompleted`, `FulfilmentCompensated`, `FulfilmentNeedsOperator`, ever, in whatever order
//!   and however often the messages come. The order itself decides whether it is confirmed or cancelled.
//! - Each command it sends follows from one event of its own. It rejects nothing: its input has happened.

mod decider;
mod events;
mod input;
mod reactions;
mod samples;
mod state;
mod views;

#[cfg(test)]
mod tests;

pub use decider::Fulfilment;
pub use events::{
    EarlyMessage, FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted, FulfilmentDeadlinePassed,
    FulfilmentEvent, FulfilmentFactNoted, FulfilmentLine, FulfilmentLineReleased, FulfilmentLineReserved,
    FulfilmentNeedsOperator, FulfilmentReleased, FulfilmentReserved, FulfilmentStarted, FulfilmentTimer,
    ReservationsReturned, ReturnReason,
};
pub use input::{FulfilmentInput, Trigger};
pub use reactions::{TIME_TO_FULFIL, TIME_TO_UNDO};
pub use samples::context;
pub use state::{FulfilmentData, FulfilmentState, OrderProgress};
pub use views::{ProcessBoard, ProcessBoardRow};
