//! The daily stock report: totals, and the items of which the stock is low. Stream `stock-report/<day>`.
//!
//! | command | event | rules |
//! |---|---|---|
//! | `StockReportDue` (scheduled) | `StockReportProduced` | one report a day; it lists the first 100 items of which the stock is low |
//!
//! The numbers come from the stock view at the time when the report is produced.

mod decider;
mod events;
mod samples;

#[cfg(test)]
mod tests;

pub use decider::{MAX_LOW_ITEMS, StockCount, StockReport, StockReportState};
pub use events::{LowStock, StockReportCommand, StockReportDue, StockReportEvent, StockReportProduced};
pub use samples::context;
