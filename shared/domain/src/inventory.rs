//! The stock of one thing: what came in, who has a hold on how much of it, what went out. Stream `inventory/<sku>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `ReceiveStock` (once) | `StockReceived` | `QuantityOutOfRange` |
//! | `ReserveStock` (once) | `StockReserved` or `StockReservationFailed` | `QuantityOutOfRange`, `ReservedDifferently` |
//! | `ReleaseStock` | `StockReleased` | `AlreadyShipped` |
//! | `ShipStock` | `StockShipped` | `NotReserved` |
//!
//! - received = available + reserved + shipped, and none of them is ever below 0: the last piece goes to one buyer.
//! - A reservation has the order's id and is released or shipped once. Refused stays refused.
//! - A release that overtakes its reservation is recorded with quantity 0, and the reservation then fails.
//! - Open reservations are known in full, closed ones only the newest; what the state may have forgotten is kept out
//!   by the marker of a `once` command.

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
