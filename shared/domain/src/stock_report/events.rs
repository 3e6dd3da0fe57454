//! The schedule's word, and the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{DayId, Sku};

causeway::events! {
    /// What may be asked of the report.
    pub enum StockReportCommand: commands to "stock-report" {
        StockReportDue = 1,
    }
}

causeway::events! {
    /// What can happen to the report of a day.
    pub enum StockReportEvent: events of "stock-report" {
        StockReportProduced = 1,
    }
}

/// It is time for the day's report. The day is that of the message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReportDue {}

/// The report of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReportProduced {
    /// Of which day.
    pub day: DayId,
    /// How many different things there are.
    pub skus: u64,
    /// How many pieces may be promised.
    pub available: u64,
    /// How many pieces are held for orders.
    pub reserved: u64,
    /// How many pieces left the house so far.
    pub shipped: u64,
    /// How many different things run low.
    pub low_skus: u64,
    /// The first of them, by their sku.
    pub low: Vec<LowStock>,
}

/// A thing that runs low.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LowStock {
    /// What.
    pub sku: Sku,
    /// How many are left.
    pub available: u64,
}
