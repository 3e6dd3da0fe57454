//! The registry's entry of fulfilments, with a sample of each message.

use serde_json::{Value, json};

use super::{decider::Fulfilment, events::*};
use crate::context::{Context, Entry};

const REASON: &str = "tea: 1 wanted, 0 available";

/// The context.
pub fn context() -> Context {
    Context::of::<Fulfilment>().family::<FulfilmentTimer>().samples(
        "orderId",
        [
            Entry::of::<FulfilmentStarted>(json!({
                "orderId": "o-1001",
                "lines": [mugs(), { "sku": "tea", "quantity": 1 }],
                "deadline": "2026-11-21T10:45:00Z",
            })),
            Entry::of::<FulfilmentFactNoted>(json!({ "orderId": "o-1001", "fact": "orderConfirmed" })),
            Entry::of::<FulfilmentLineReserved>(json!({ "orderId": "o-1001", "line": mugs() })),
            Entry::of::<FulfilmentReserved>(json!({ "orderId": "o-1001" })),
            Entry::of::<FulfilmentCompleted>(json!({ "orderId": "o-1001" })),
            Entry::of::<FulfilmentCompensating>(json!({
                "orderId": "o-1001",
                "reason": REASON,
                "orderCancelled": false,
                "refused": "tea",
                "release": ["mug"],
                "deadline": "2026-11-21T11:00:00Z",
            })),
            Entry::of::<FulfilmentLineReleased>(json!({ "orderId": "o-1001", "sku": "mug" })),
            Entry::of::<FulfilmentReleased>(json!({ "orderId": "o-1001", "reason": REASON })),
            Entry::of::<FulfilmentCompensated>(json!({ "orderId": "o-1001", "reason": REASON })),
            Entry::of::<FulfilmentNeedsOperator>(json!({ "orderId": "o-1001", "reason": REASON })),
            Entry::of::<ReservationsReturned>(json!({
                "orderId": "o-1001",
                "skus": ["tea", "mug"],
                "because": "orderCancelled",
            })),
            Entry::of::<FulfilmentDeadlinePassed>(json!({ "orderId": "o-1001", "deadline": "2026-11-21T10:45:00Z" })),
        ],
    )
}

fn mugs() -> Value {
    json!({ "sku": "mug", "quantity": 2 })
}
