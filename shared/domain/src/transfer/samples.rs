//! The registry's entry of transfers, with a sample of each message.

use serde_json::{Value, json};

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Transfer>().family::<TransferCommand>().samples(
        "transferId",
        [
            Entry::of::<RequestTransfer>(transfer()),
            Entry::of::<TransferRequested>(transfer()),
            Entry::of::<TransferCompleted>(transfer()),
            Entry::of::<TransferFailed>(json!({
                "transferId": "t-1",
                "because": { "by": "returned", "reason": "closed" },
            })),
        ],
    )
}

fn transfer() -> Value {
    json!({ "transferId": "t-1", "from": "a-1", "to": "a-2", "amount": { "amount": 3000, "currency": "EUR" } })
}
