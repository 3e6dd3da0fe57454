//! Fulfilment: the process that gets an order what it needs, or undoes what it got. Stream `fulfilment/<order id>`.
//!
//! | heard | recorded | asked of others |
//! |---|---|---|
//! | `OrderPlaced` | `FulfilmentStarted` | `ReserveStock` for every line, a deadline |
//! | `StockReserved` | `FulfilmentLineReserved`; with the last line `FulfilmentReserved` | then `ConfirmOrder` |
//! | `OrderConfirmed` | `FulfilmentCompleted` | no deadline any more |
//! | `StockReservationFailed`, `OrderCancelled`, `FulfilmentDeadlinePassed`, a `StockReleased` nobody here asked for | `FulfilmentCompensating` | `ReleaseStock` for what was asked or done, the last first; a second deadline |
//! | `StockReleased` | `FulfilmentLineReleased`; with the last line `FulfilmentReleased` | then `CancelOrder` with the reason |
//! | `OrderCancelled` | `FulfilmentCompensated` | no deadline any more |
//! | the second `FulfilmentDeadlinePassed` | `FulfilmentNeedsOperator` | `CancelOrder`, so that no buyer waits for ever |
//! | `OrderCancelled` after an end, or a `StockReserved` that is late | `ReservationsReturned` | `ReleaseStock` |
//! | anything that comes before it can be of use | `FulfilmentFactNoted` | |
//!
//! - Exactly one of `FulfilmentCompleted`, `FulfilmentCompensated`, `FulfilmentNeedsOperator`, ever, in whatever order
//!   and however often the messages come. The order itself decides whether it is confirmed or cancelled.
//! - Each message it sends follows from one recorded fact. It rejects nothing: what it hears has happened.

mod answer;
mod course;
mod decider;
mod events;
mod heard;
mod views;

#[cfg(test)]
mod tests;

pub use course::{Course, OrderStands};
pub use decider::{Fulfilment, FulfilmentState, TIME_TO_FULFIL, TIME_TO_UNDO};
pub use events::{
    FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted, FulfilmentDeadlinePassed, FulfilmentEvent,
    FulfilmentFactNoted, FulfilmentLine, FulfilmentLineReleased, FulfilmentLineReserved, FulfilmentNeedsOperator,
    FulfilmentReleased, FulfilmentReserved, FulfilmentStarted, FulfilmentTimer, NotedFact, ReservationsReturned,
    ReturnedBecause,
};
pub use heard::{Fact, Heard};
pub use views::{ProcessBoard, ProcessBoardRow};
