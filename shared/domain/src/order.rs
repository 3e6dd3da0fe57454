//! An order: its lines and total, and whether it is confirmed or cancelled. Stream `order/<order id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `PlaceOrder` | `OrderPlaced` | `NoLines`, `TooManyLines`, `SkuTwice`, `QuantityOutOfRange`, `NegativePrice`, `TwoCurrencies`, `TotalTooLarge`, `AlreadyPlaced` |
//! | `ConfirmOrder` | `OrderConfirmed` | `NotPlaced`, `AlreadyCancelled` |
//! | `CancelOrder` | `OrderCancelled` | `NotPlaced`, `AlreadyConfirmed`, `ReasonOutOfBounds` |
//!
//! - The total is the sum of the lines, in the one currency of the order.
//! - A repeated command changes nothing: an order that is placed again with the same content is the same order; with
//!   other content it is rejected.
//! - An order is confirmed or cancelled, never both: the first of the two commands decides.

mod decider;
mod events;
mod samples;
pub mod v1;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{MAX_LINES, Order, OrderRejection, OrderState, PlacedOrder};
pub use events::{
    CancelOrder, ConfirmOrder, OrderCancelled, OrderCommand, OrderConfirmed, OrderEvent, OrderLine, OrderPlaced,
    PlaceOrder, RequestedLine,
};
pub use samples::context;
pub use views::{HistoryEntry, OrderDetails, OrderDetailsRow, OrderStatus, OrderSummary, OrderSummaryRow};
