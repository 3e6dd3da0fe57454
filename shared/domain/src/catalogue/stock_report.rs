//! Samples of what is said to and of the stock report.

use serde_json::json;

use super::Entry;
use crate::stock_report::{StockReportDue, StockReportProduced};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of::<StockReportDue>(json!({})),
        Entry::of::<StockReportProduced>(json!({
            "day": "2026-11-21",
            "skus": 2,
            "available": 41,
            "reserved": 3,
            "shipped": 12,
            "lowSkus": 1,
            "low": [{ "sku": "tea", "available": 1 }],
        })),
    ]
}
