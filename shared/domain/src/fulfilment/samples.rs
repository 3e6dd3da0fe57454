//! The registry's entry of fulfilments, with a sample of each message.

use serde_json::json;

use super::*;
use crate::context::{Context, Entry};

const REASON: &str = "tea: 1 wanted, 0 available";

/// The context.
pub fn context() -> Context {
    Context::of::<Fulfilment>().family::<FulfilmentTimer>().family::<FulfilmentCommand>().samples(
        "orderId",
        [
            Entry::of::<FulfilmentStarted>(json!({
                "orderId": "o-1001",
                "data": {
                    "lines": [{ "sku": "mug", "quantity": 2 }, { "sku": "tea", "quantity": 1 }],
                    "userId": "u-1",
                    "total": { "amount": 4297, "currency": "EUR" },
                    "paymentToken": "card-ada",
                },
                "early": { "reserve/mug": "done" },
                "next": { "stage": "reserve", "run": ["reserve/tea"], "deadline": "2026-11-21T10:45:00Z" },
            })),
            Entry::of::<FulfilmentStepDone>(json!({
                "orderId": "o-1001",
                "step": "reserve/tea",
                "next": { "stage": "pay", "run": ["pay"], "deadline": "2026-11-21T11:31:00Z" },
            })),
            Entry::of::<FulfilmentStepFailed>(json!({
                "orderId": "o-1001", "step": "reserve/tea", "reason": REASON,
            })),
            Entry::of::<FulfilmentCompensating>(json!({
                "orderId": "o-1001",
                "reason": REASON,
                "next": { "undo": ["confirm"], "deadline": "2026-11-21T11:00:00Z" },
            })),
            Entry::of::<FulfilmentStepUndone>(json!({
                "orderId": "o-1001",
                "step": "confirm",
                "reason": REASON,
                "next": { "undo": ["reserve/mug"], "deadline": "2026-11-21T11:00:01Z" },
            })),
            Entry::of::<FulfilmentCompleted>(json!({ "orderId": "o-1001" })),
            Entry::of::<FulfilmentCompensated>(json!({ "orderId": "o-1001", "reason": REASON })),
            Entry::of::<FulfilmentNeedsOperator>(json!({
                "orderId": "o-1001",
                "reason": "reserve/mug is not undone in time; tea: 1 wanted, 0 available",
            })),
            Entry::of::<FulfilmentDeadlinePassed>(json!({ "orderId": "o-1001", "deadline": "2026-11-21T10:45:00Z" })),
            Entry::of::<ResumeFulfilment>(json!({ "orderId": "o-1001" })),
            Entry::of::<AbortFulfilment>(json!({ "orderId": "o-1001", "reason": "The item was recalled." })),
        ],
    )
}
