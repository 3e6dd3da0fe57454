//! The registry's entry of payments, with a sample of each message.

use serde_json::{Value, json};

use super::{decider::Payment, events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Payment>().family::<PaymentCommand>().samples(
        "orderId",
        [
            Entry::of::<ProcessPayment>(request()),
            Entry::of::<RefundPayment>(json!({ "orderId": "o-1002", "reason": "I ordered twice" })),
            Entry::of::<PaymentRequested>(request()),
            Entry::of::<PaymentProcessed>(json!({
                "orderId": "o-1002",
                "userId": "u-1",
                "amount": { "amount": 2998, "currency": "EUR" },
                "chargeId": "ch-1",
            })),
            Entry::of::<PaymentFailed>(json!({
                "orderId": "o-1002",
                "userId": "u-1",
                "because": { "declined": { "reason": "insufficient funds" } },
            })),
            Entry::of::<PaymentRefundRequested>(json!({ "orderId": "o-1002", "reason": "I ordered twice" })),
            Entry::of::<PaymentRefunded>(json!({
                "orderId": "o-1002",
                "amount": { "amount": 2998, "currency": "EUR" },
                "refundId": "re-1",
            })),
            Entry::of::<PaymentVoided>(json!({ "orderId": "o-1002" })),
        ],
    )
}

/// Of an order that no other sample pays.
fn request() -> Value {
    json!({
        "orderId": "o-1002",
        "userId": "u-1",
        "amount": { "amount": 2998, "currency": "EUR" },
        "paymentToken": "tok_visa",
    })
}
