//! The registry's entry of carts, with a sample of each message.

use serde_json::{Value, json};

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Cart>().family::<CartCommand>().family::<CartExpiryCommand>().samples(
        "userId",
        [
            Entry::of::<ViewProduct>(json!({ "userId": "u-1", "sku": "mug" })),
            Entry::of::<AddToCart>(json!({ "userId": "u-1", "sku": "mug", "quantity": 2, "unitPrice": price() })),
            Entry::of::<RemoveFromCart>(json!({ "userId": "u-1", "sku": "tea" })),
            Entry::of::<CheckOutCart>(json!({
                "userId": "u-1",
                "changes": 1,
                "contactEmail": "ada@example.com",
            })),
            Entry::of::<ExpireCart>(json!({ "userId": "u-1", "changes": 2 })),
            Entry::of::<CartExpiryDue>(json!({})),
            Entry::of::<ProductViewed>(json!({ "userId": "u-1", "sku": "mug" })),
            Entry::of::<ItemAddedToCart>(json!({
                "userId": "u-1",
                "sku": "mug",
                "added": 2,
                "lines": lines(),
                "total": { "amount": 2998, "currency": "EUR" },
            })),
            Entry::of::<ItemRemovedFromCart>(json!({
                "userId": "u-1",
                "sku": "tea",
                "lines": lines(),
                "total": { "amount": 2998, "currency": "EUR" },
            })),
            Entry::of::<CartCheckedOut>(json!({
                "userId": "u-1",
                "orderId": "o-1002",
                "lines": lines(),
                "total": { "amount": 2998, "currency": "EUR" },
                "contactEmail": "ada@example.com",
            })),
            Entry::of::<CartExpired>(json!({ "userId": "u-1" })),
        ],
    )
}

fn price() -> Value {
    json!({ "amount": 1499, "currency": "EUR" })
}

fn lines() -> Value {
    json!([{ "sku": "mug", "quantity": 2, "unitPrice": price() }])
}
