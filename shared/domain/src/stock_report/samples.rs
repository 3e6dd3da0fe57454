//! The registry's entry of the stock report, with a sample of each message.

use serde_json::json;

use super::{decider::StockReport, events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<StockReport>().family::<StockReportCommand>().samples(
        "day",
        [
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
        ],
    )
}
