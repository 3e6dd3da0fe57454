//! The rules of the report: one a day, of what was counted.

use std::convert::Infallible;

use causeway::Decider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{LowStock, StockReportEvent, StockReportProduced};
use crate::{ids::DayId, inventory::StockRow};

/// A report names so many of the things that run low; the rest it counts.
pub const MAX_LOW_ITEMS: usize = 100;

/// The rules of the report.
#[derive(Debug)]
pub struct StockReport;

/// Whether the day has its report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StockReportState {
    /// Not yet.
    #[default]
    Due,
    /// It has.
    Produced,
}

/// The stock of a day, counted row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct StockCount {
    report: StockReportProduced,
}

impl StockCount {
    /// Nothing is counted yet.
    pub fn of(day: DayId) -> Self {
        let low = Vec::new();
        let report = StockReportProduced { day, skus: 0, available: 0, reserved: 0, shipped: 0, low_skus: 0, low };
        Self { report }
    }

    /// Counts these rows as well.
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
