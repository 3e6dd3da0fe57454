//! The payment of an order: charged once and refunded once. Stream `payment/<order id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `ProcessPayment` | `PaymentRequested`, then `PaymentProcessed` or `PaymentFailed` | `NegativeAmount`, `RequestedDifferently` |
//! | `RefundPayment` | `PaymentRefundRequested`, then `PaymentRefunded` or `PaymentVoided` | |
//!
//! - A request is recorded before the provider is called, and its answer after. The id of the order is the idempotency
//!   key, so that the order is charged once, whatever is repeated.
//! - Every `ProcessPayment` ends in `PaymentProcessed` or `PaymentFailed`, and every `RefundPayment` in `PaymentRefunded`
//!   or, when nothing was charged, in `PaymentVoided`.
//! - A refund that is requested while the charge is under way first closes the charge at the provider: the charge is
//!   then either known, and refunded, or it can never be made.
//! - A refund returns all that was charged. Nothing is sent to the provider for an amount of 0.
//! - An answer of the provider that contradicts the request or an earlier answer is rejected and changes nothing.

mod decider;
mod events;
pub mod provider;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{ChargeOutcome, Payment, PaymentInput, PaymentRejection, PaymentState, Processed, Refunded};
pub use events::{
    PaymentCommand, PaymentEvent, PaymentFailed, PaymentFailure, PaymentProcessed, PaymentRefundRequested,
    PaymentRefunded, PaymentRequested, PaymentVoided, ProcessPayment, RefundPayment,
};
pub use samples::context;
pub use views::{PaymentRow, PaymentStatus, PaymentSummary};
