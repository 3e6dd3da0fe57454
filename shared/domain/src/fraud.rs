//! Suspicion of fraud: patterns of events of several streams, and the orders that wait for a person. Stream
//! `fraud/<user id>`.
//!
//! | what happened | events |
//! |---|---|
//! | `PaymentFailed`, `UserEmailUpdated`, `OrderPlaced`, `MoneyDeposited`, `MoneyWithdrawn` | `FraudFactRecorded`, if a pattern may go on from it; `FraudSuspected` for each match |
//! | `PlaceOrder` of a suspected user | `OrderHeld` instead of `OrderPlaced`; rejected by `HeldOtherwise`, `AlreadyRejected`, `TooManyWaiting` |
//!
//! | command of a person | event | a rejection names the rule |
//! |---|---|---|
//! | `ReleaseHold` | `HoldReleased`, and `PlaceOrder` again | `NotHeld`, `AlreadyRejected` |
//! | `RejectHold` | `HoldRejected` | `NotHeld`, `AlreadyReleased`, `ReasonOutOfBounds` |
//!
//! - The patterns are data, `infra/fraud-patterns.json`: a change of them changes no code. They see the fields of
//!   [`Fact`].
//! - Facts of several streams have no common order. They are taken in the order in which they come, at times that never
//!   run backwards; one that is more than [`LATENESS`] behind the newest one is not taken. A fact counts once.
//! - A suspected user's orders wait until a person releases one, by which the suspicion is over, or rejects it.

mod decider;
mod events;
mod facts;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{Fraud, FraudInput, FraudRejection, FraudState, LATENESS, MAX_WAITING};
pub use events::{
    FraudCommand, FraudEvent, FraudFactRecorded, FraudSuspected, HoldRejected, HoldReleased, OrderHeld, RejectHold,
    ReleaseHold,
};
pub use facts::Fact;
pub use samples::context;
pub use views::{FraudCase, FraudCaseRow, FraudCaseStatus};
