//! The registry's entry of public events, with a sample of each.

use serde_json::json;

use super::{decider::Public, events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Public>().samples(
        "publicId",
        [
            Entry::of::<PublicOrderConfirmed>(json!({
                "orderNumber": "o-1001",
                "total": { "minorUnits": 2998, "currency": "EUR" },
                "confirmedAt": "2026-11-21T10:30:00Z",
            })),
            Entry::of::<PublicShipmentDispatched>(json!({
                "orderNumber": "o-1001",
                "trackingNumber": "t-1001",
                "dispatchedAt": "2026-11-21T10:30:00Z",
            })),
        ],
    )
}
