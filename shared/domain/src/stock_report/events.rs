//! The command that the schedule sends, and the event with the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{DayId, Sku};

causeway::events! {
    /// The commands to the stock report.
    pub enum StockReportCommand: commands to "stock-report" {
        StockReportDue = 1,
    }
}

causeway::events! {
    /// The events of the stock report of a day.
    pub enum StockReportEvent: events of "stock-report" {
        StockReportProduced = 1,
    }
}

/// Produces the report of the day on which the message is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReportDue {}

/// The report of a day was produced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReportProduced {
    /// The day of the report.
    pub day: DayId,
    /// The number of different items.
    pub skus: u64,
    /// The number of pieces that are available for reservation.
    pub available: u64,
    /// The number of pieces that are reserved for orders.
    pub reserved: u64,
    /// The number of pieces shipped so far.
    pub shipped: u64,
    /// The number of different items of which the stock is low.
    pub low_skus: u64,
    /// The first items of which the stock is low, in the order of their skus; at most 100.
    pub low: Vec<LowStock>,
}

/// An item of which the stock is low.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LowStock {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces left.
    pub available: u64,
}
