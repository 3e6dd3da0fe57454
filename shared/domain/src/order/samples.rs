//! The registry's entry of orders, with a sample of each message.

use serde_json::{Value, json};

use super::{decider::Order, events::*, v1};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Order>().family::<OrderCommand>().samples(
        "orderId",
        [
            Entry::of::<PlaceOrder>(json!({
                "orderId": "o-1001",
                "userId": "u-1",
                "lines": lines(),
                "shippingAddress": address(),
                "contactEmail": "ada@example.com",
                "paymentToken": "card-ada",
            })),
            Entry::of::<ConfirmOrder>(json!({ "orderId": "o-1001" })),
            Entry::of::<CancelOrder>(json!({ "orderId": "o-1001", "reason": "I ordered twice" })),
            Entry::of::<CompleteOrder>(json!({ "orderId": "o-1001" })),
            Entry::of::<OrderPlaced>(json!({
                "orderId": "o-1001",
                "userId": "u-1",
                "lines": lines(),
                "total": { "amount": 2998, "currency": "EUR" },
                "shippingAddress": address(),
                "contactEmail": "ada@example.com",
                "paymentToken": "card-ada",
            }))
            .before::<v1::OrderPlaced>(
                1,
                json!({
                    "orderId": "o-1001",
                    "userId": "u-1",
                    "lines": [
                        { "sku": "mug", "quantity": 2, "unitPrice": 1499 },
                        { "sku": "tea", "quantity": 1, "unitPrice": 1299 },
                    ],
                    "total": 4297,
                }),
            ),
            Entry::of::<OrderPaid>(json!({ "orderId": "o-1001", "amount": { "amount": 2998, "currency": "EUR" } })),
            Entry::of::<OrderConfirmed>(json!({ "orderId": "o-1001" })),
            Entry::of::<OrderCancellationRequested>(json!({ "orderId": "o-1001", "reason": "I ordered twice" })),
            Entry::of::<OrderCancelled>(json!({ "orderId": "o-1001", "reason": "I ordered twice" })),
            Entry::of::<OrderShipped>(json!({ "orderId": "o-1001", "tracking": "o-1001" })),
            Entry::of::<OrderDelivered>(json!({ "orderId": "o-1001" })),
            Entry::of::<OrderCompleted>(json!({ "orderId": "o-1001" })),
        ],
    )
}

/// In stock after the sample of `ReceiveStock`, so that the samples work when they are published one after the other.
fn lines() -> Value {
    json!([{ "sku": "mug", "quantity": 2, "unitPrice": { "amount": 1499, "currency": "EUR" } }])
}

fn address() -> Value {
    json!({
        "name": "Ada Example",
        "street": "1 Analytical Road",
        "postalCode": "10115",
        "city": "Berlin",
        "country": "DE",
    })
}
