//! What is seen over all orders, payments and carts: sales by minute, products by day, and reports on both. Stream
//! `analytics/<day>`.
//!
//! | command | event | rules |
//! |---|---|---|
//! | `MetricsDue` (scheduled) | `MetricsUpdated` | each window of five minutes once, if anything was sold in it |
//! | `DailyReportDue` (scheduled) | `DailyReportProduced` | one report a day; `InvalidDay`, `DayNotOver` |
//!
//! - [`SalesByMinute`] and [`ProductsByDay`] are projections of several streams: each event counts once, in the minute or
//!   day in which it happened, however late it comes.
//! - A window is a tumbling one of [`WINDOW`]; beside it `MetricsUpdated` has the sums of the last hour, a sliding window.
//! - An event that comes later than [`METRICS_LATENESS`] after its window, or [`REPORT_LATENESS`] after its day, is in the
//!   rows, but not in that event.

mod days;
mod decider;
mod events;
mod samples;
mod sums;
mod views;

#[cfg(test)]
mod tests;

pub use days::{REPORT_LATENESS, day_of, last_day};
pub use decider::{Analytics, AnalyticsInput, AnalyticsRejection, AnalyticsState};
pub use events::{
    AnalyticsCommand, AnalyticsEvent, DailyReportDue, DailyReportProduced, MetricsDue, MetricsUpdated, ProductSales,
    Sales,
};
pub use samples::context;
pub use sums::{MAX_TOP_PRODUCTS, METRICS_LATENESS, MetricsWindow, SLIDING, WINDOW, report};
pub use views::{ProductsByDay, ProductsByDayRow, SalesByMinute, SalesByMinuteRow};
