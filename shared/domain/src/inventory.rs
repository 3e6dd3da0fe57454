//! The stock of one item: pieces received, reserved for orders, and shipped. Stream `inventory/<sku>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `ReceiveStock` (once) | `StockReceived` | `QuantityOutOfRange` |
//! | `ReserveStock` (once) | `StockReserved` or `StockReservationFailed` | `QuantityOutOfRange`, `ReservedDifferently` |
//! | `ReleaseStock` | `StockReleased` | `AlreadyShipped` |
//! | `ShipStock` | `StockShipped` | `NotReserved` |
//!
//! - received = available + reserved + shipped, and none of them is ever negative: the last piece goes to one buyer.
//! - A reservation has the id of its order and is released or shipped once. A failed reservation stays failed.
//! - A release that overtakes its reservation is recorded with quantity 0, and the reservation then fails.
//! - The state has all open reservations and the newest closed ones; repeats of older ones are rejected by the
//!   marker of a once-only command.

mod decider;
mod events;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{Inventory, InventoryRejection, MAX_CLOSED_RESERVATIONS, ReservationEnd, StockState};
pub use events::{
    InventoryCommand, InventoryEvent, ReceiveStock, ReleaseStock, ReservationFailure, ReserveStock, ShipStock,
    StockReceived, StockReleased, StockReservationFailed, StockReserved, StockShipped,
};
pub use samples::context;
pub use views::{LOW_STOCK, Stock, StockRow};
