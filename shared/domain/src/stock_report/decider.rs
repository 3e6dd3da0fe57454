//! The rules of the stock report: one report a day.

use std::convert::Infallible;

use causeway::Decider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{LowStock, StockReportEvent, StockReportProduced};
use crate::{ids::DayId, inventory::StockRow};

/// The maximum number of items in the list of low stock; the rest is only counted.
pub const MAX_LOW_ITEMS: usize = 100;

/// The rules of the stock report.
#[derive(Debug)]
pub struct StockReport;

/// Whether the report of the day is produced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StockReportState {
    /// It is not produced yet.
    #[default]
    Due,
    /// It is produced.
    Produced,
}

/// The totals of the stock, summed row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct StockCount {
    report: StockReportProduced,
}

impl StockCount {
    /// Zero, for the report of this day.
    pub fn of(day: DayId) -> Self {
        let low = Vec::new();
        let report = StockReportProduced { day, skus: 0, available: 0, reserved: 0, shipped: 0, low_skus: 0, low };
        Self { report }
    }

    /// Adds these rows.
    #[must_use]
    pub fn and(mut self, rows: &[StockRow]) -> Self {
        let report = &mut self.report;
        for row in rows {
            report.skus += 1;
            report.available = report.available.saturating_add(row.available);
            report.reserved = report.reserved.saturating_add(row.reserved);
            report.shipped = report.shipped.saturating_add(row.shipped);
            if row.is_low() {
                report.low_skus += 1;
                report.low.push(LowStock { sku: row.sku.clone(), available: row.available });
            }
        }
        report.low.truncate(MAX_LOW_ITEMS);
        self
    }
}

impl Decider for StockReport {
    const CONTEXT: &'static str = "stock-report";
    type State = StockReportState;
    type Command = StockCount;
    type Event = StockReportEvent;
    type Rejection = Infallible;

    fn decide(state: &StockReportState, count: &StockCount) -> Result<Vec<StockReportEvent>, Infallible> {
        match state {
            StockReportState::Due => Ok(vec![count.report.clone().into()]),
            StockReportState::Produced => Ok(Vec::new()),
        }
    }

    fn evolve(_: StockReportState, event: &StockReportEvent) -> StockReportState {
        match event {
            StockReportEvent::StockReportProduced(_) => StockReportState::Produced,
        }
    }
}
