//! The registry's entry of suspicions, with a sample of each message.

use serde_json::{Value, json};

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Fraud>().family::<FraudCommand>().samples(
        "userId",
        [
            Entry::of::<ReleaseHold>(json!({ "userId": "u-1", "orderId": "o-1001" })),
            Entry::of::<RejectHold>(json!({ "userId": "u-1", "orderId": "o-1001", "reason": "The card was stolen." })),
            Entry::of::<FraudFactRecorded>(json!({
                "userId": "u-1",
                "event": "PaymentFailed",
                "eventId": "0193e7a0-0000-7000-8000-000000000003",
                "at": "2026-01-15T08:30:00Z",
                "fields": { "userId": "u-1", "declined": true },
            })),
            Entry::of::<FraudSuspected>(json!({
                "userId": "u-1",
                "pattern": "declined-payments",
                "matchId": "0193e7a0-0000-7000-8000-000000000004",
                "events": [
                    "0193e7a0-0000-7000-8000-000000000001",
                    "0193e7a0-0000-7000-8000-000000000002",
                    "0193e7a0-0000-7000-8000-000000000003",
                ],
            })),
            Entry::of::<OrderHeld>(json!({ "userId": "u-1", "order": order() })),
            Entry::of::<HoldReleased>(json!({ "userId": "u-1", "order": order() })),
            Entry::of::<HoldRejected>(json!({
                "userId": "u-1",
                "orderId": "o-1001",
                "reason": "The card was stolen.",
            })),
        ],
    )
}

fn order() -> Value {
    json!({
        "orderId": "o-1001",
        "userId": "u-1",
        "lines": [{ "sku": "mug", "quantity": 2, "unitPrice": { "amount": 1499, "currency": "EUR" } }],
        "contactEmail": "ada@example.com",
    })
}
