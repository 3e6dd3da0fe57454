//! The daily stock report: how much there is, and what runs low. Stream `stock-report/<day>`.
//!
//! | command | event | rules |
//! |---|---|---|
//! | `StockReportDue` (scheduled) | `StockReportProduced` | one report a day; it names the first of what runs low |
//!
//! The numbers come from the stock view, as it stands when the report is produced.

mod decider;
mod events;
mod samples;

#[cfg(test)]
mod tests;

pub use decider::{MAX_LOW_ITEMS, StockCount, StockReport, StockReportState};
pub use events::{LowStock, StockReportCommand, StockReportDue, StockReportEvent, StockReportProduced};
pub use samples::context;
