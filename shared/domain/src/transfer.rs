//! A transfer of money from one account to another. Stream `transfer/<transfer id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `RequestTransfer` | `TransferRequested` | `AlreadyRequested`, `SameAccount`, `AmountOutOfRange` |
//!
//! | what an account did | event |
//! |---|---|
//! | `TransferCredited` | `TransferCompleted` |
//! | `TransferRefused`, `TransferReturned` | `TransferFailed` with the reason |
//!
//! Nobody conducts a transfer (choreography): each account reacts to what happened before.
//!
//! ```text
//! TransferRequested ─► from: TransferDebited ─► to: TransferCredited ─► TransferCompleted ─► from: TransferSettled
//!                   │                        └► to: TransferCreditRefused ─► from: TransferReturned ─► TransferFailed
//!                   └► from: TransferRefused ─► TransferFailed
//! ```
//!
//! Money is neither made nor lost: what left an account is under way until it is in the other account or back.

mod decider;
mod events;
mod legs;
mod record;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{Transfer, TransferRejection, TransferState};
pub use events::{
    RequestTransfer, TransferCommand, TransferCompleted, TransferEvent, TransferFailed, TransferFailure,
    TransferRequested,
};
pub use legs::{TransferLeg, TransferLegs};
pub use record::{TransferFact, TransferRecord};
pub use samples::context;
pub use views::{TransferStatus, TransferSummary, TransferSummaryRow};
