//! An order: placed, paid, confirmed, shipped, delivered and completed, or cancelled. Stream `order/<order id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `PlaceOrder` | `OrderPlaced` | `NoLines`, `TooManyLines`, `SkuTwice`, `QuantityOutOfRange`, `NegativePrice`, `TwoCurrencies`, `TotalTooLarge`, `AlreadyPlaced` |
//! | `ConfirmOrder` | `OrderConfirmed` | `NotPlaced`, `NotPaid`, `AlreadyCancelled` |
//! | `CancelOrder` | `OrderCancelled`; of a confirmed order `OrderCancellationRequested` | `NotPlaced`, `AlreadyConfirmed`, `AlreadyShipped`, `ReasonOutOfBounds` |
//! | `CompleteOrder` | `OrderCompleted` | `NotPlaced`, `NotDelivered`, `AlreadyCancelled` |
//!
//! | event of another context | recorded as | a rejection names the rule |
//! |---|---|---|
//! | `PaymentProcessed` | `OrderPaid` | `NotPlaced`, `PaidOtherAmount` |
//! | `ShipmentDispatched` | `OrderShipped` | `NotPlaced`, `NotPaid`, `AlreadyCancelled` |
//! | `ShipmentDelivered` | `OrderDelivered` | `NotPlaced`, `NotShipped`, `AlreadyCancelled` |
//! | `ShippingCancelled` | `OrderCancelled` | |
//!
//! - The total is the sum of the lines, in the one currency of the order. Only an order whose total is paid is confirmed,
//!   and only a confirmed one is shipped.
//! - A repeated command changes nothing: an order that is placed again with the same content is the same order; with
//!   other content it is rejected.
//! - Until it is confirmed, the order decides whether it is cancelled. After that its shipment decides, once, whether it
//!   is cancelled or shipped, and the order records it.

mod decider;
mod events;
mod record;
mod samples;
pub mod v1;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{MAX_LINES, Order, OrderRejection, OrderState, PlacedOrder};
pub use events::{
    CancelOrder, CompleteOrder, ConfirmOrder, OrderCancellationRequested, OrderCancelled, OrderCommand, OrderCompleted,
    OrderConfirmed, OrderDelivered, OrderEvent, OrderLine, OrderPaid, OrderPlaced, OrderShipped, PlaceOrder,
    RequestedLine,
};
pub use record::{OrderFact, OrderRecord};
pub use samples::context;
pub use views::{HistoryEntry, OrderDetails, OrderDetailsRow, OrderStatus, OrderSummary, OrderSummaryRow};
