//! The commands that the schedules send, and the events with the sums.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{DayId, Sku},
    money::Currency,
};

causeway::events! {
    /// The commands to the analytics.
    pub enum AnalyticsCommand: commands to "analytics" {
        MetricsDue = 1,
        DailyReportDue = 1,
    }
}

causeway::events! {
    /// The events of the analytics of a day.
    pub enum AnalyticsEvent: events of "analytics" {
        MetricsUpdated = 1,
        DailyReportProduced = 1,
    }
}

/// Sums up the last window that is over when the message is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsDue {}

/// Produces the report of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyReportDue {
    /// The day, such as `2026-01-15`; without it, the last day that is over when the message is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<DayId>,
}

/// The sales of a span of time in one currency. All amounts are in its minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sales {
    /// The currency.
    pub currency: Currency,
    /// The number of orders placed.
    pub orders: u64,
    /// The sum of their totals.
    pub ordered: i64,
    /// The sum of all payments.
    pub paid: i64,
    /// The sum of all refunds.
    pub refunded: i64,
}

/// A window of five minutes is over, and something was sold in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsUpdated {
    /// The start of the window.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Its end, which is not part of it.
    #[schemars(with = "String")]
    pub to: Timestamp,
    /// The sales in the window, by currency.
    pub sales: Vec<Sales>,
    /// The sales of the hour up to the end of the window, by currency.
    pub last_hour: Vec<Sales>,
}

/// What was seen of a product, and sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductSales {
    /// The stock keeping unit.
    pub sku: Sku,
    /// The number of times it was viewed.
    pub views: u64,
    /// The number of orders with it.
    pub orders: u64,
    /// The number of pieces ordered.
    pub pieces: u64,
}

/// The report of a day was produced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DailyReportProduced {
    /// The day, in UTC.
    pub day: DayId,
    /// Its sales, by currency.
    pub sales: Vec<Sales>,
    /// The number of different products viewed or ordered.
    pub products: u64,
    /// The number of times a product was viewed.
    pub views: u64,
    /// The number of order lines.
    pub order_lines: u64,
    /// How many order lines there were for each 10,000 views; none without a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<u64>,
    /// The products of which most pieces were ordered, the first before all others; at most ten.
    pub top: Vec<ProductSales>,
}
