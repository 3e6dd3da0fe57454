//! The registry's entry of the analytics, with a sample of each message.

use serde_json::json;

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    let sales = json!({ "currency": "EUR", "orders": 2, "ordered": 3998, "paid": 1999, "refunded": 0 });
    Context::of::<Analytics>().family::<AnalyticsCommand>().samples(
        "day",
        [
            Entry::of::<MetricsDue>(json!({})),
            Entry::of::<DailyReportDue>(json!({ "day": "2026-01-15" })),
            Entry::of::<MetricsUpdated>(json!({
                "from": "2026-01-15T08:30:00Z",
                "to": "2026-01-15T08:35:00Z",
                "sales": [sales],
                "lastHour": [sales],
            })),
            Entry::of::<DailyReportProduced>(json!({
                "day": "2026-01-15",
                "sales": [sales],
                "products": 2,
                "views": 40,
                "orderLines": 3,
                "conversion": 750,
                "top": [{ "sku": "mug", "views": 30, "orders": 2, "pieces": 5 }],
            })),
        ],
    )
}
