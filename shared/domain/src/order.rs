//! An order: what a buyer wants, for how much, and what became of it. Stream `order/<order id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `PlaceOrder` | `OrderPlaced` | `NoLines`, `TooManyLines`, `SkuTwice`, `QuantityOutOfRange`, `NegativePrice`, `TwoCurrencies`, `TotalTooLarge`, `AlreadyPlaced` |
//! | `ConfirmOrder` | `OrderConfirmed` | `NotPlaced`, `AlreadyCancelled` |
//! | `CancelOrder` | `OrderCancelled` | `NotPlaced`, `ReasonOutOfBounds` |
//!
//! - The total is the sum of the lines, in the one currency of the order.
//! - Asking twice changes nothing: the same order placed again is the same order; with other content it is refused.
//! - A confirmed order may still be cancelled; a cancelled one is never confirmed.

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
