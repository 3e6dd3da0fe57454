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
pub mod v1;
mod views;

#[cfg(test)]
mod tests;

pub use decider::MOST_LINES;
pub use decider::Order;
pub use decider::OrderRejection;
pub use decider::OrderState;
pub use decider::PlacedOrder;
pub use events::CancelOrder;
pub use events::ConfirmOrder;
pub use events::OrderCancelled;
pub use events::OrderCommand;
pub use events::OrderConfirmed;
pub use events::OrderEvent;
pub use events::OrderLine;
pub use events::OrderPlaced;
pub use events::PlaceOrder;
pub use events::WantedLine;
pub use views::HistoryEntry;
pub use views::OrderDetails;
pub use views::OrderDetailsRow;
pub use views::OrderStatus;
pub use views::OrderSummary;
pub use views::OrderSummaryRow;
