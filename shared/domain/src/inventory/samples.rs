//! The registry's entry of the stock, with a sample of each message.

use serde_json::json;

use super::{decider::Inventory, events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Inventory>().family::<InventoryCommand>().samples(
        "sku",
        [
            Entry::of::<ReceiveStock>(json!({ "sku": "mug", "quantity": 40 })),
            Entry::of::<ReserveStock>(json!({ "sku": "mug", "orderId": "o-1001", "quantity": 2 })),
            Entry::of::<ReleaseStock>(json!({ "sku": "mug", "orderId": "o-1001" })),
            Entry::of::<ShipStock>(json!({ "sku": "mug", "orderId": "o-1001" })),
            Entry::of::<StockReceived>(json!({ "sku": "mug", "quantity": 40 })),
            Entry::of::<StockReserved>(json!({ "sku": "mug", "orderId": "o-1001", "quantity": 2 })),
            Entry::of::<StockReservationFailed>(json!({
                "sku": "mug",
                "orderId": "o-1001",
                "quantity": 2,
                "because": { "notEnough": { "available": 1 } },
            })),
            Entry::of::<StockReleased>(json!({ "sku": "mug", "orderId": "o-1001", "quantity": 2 })),
            Entry::of::<StockShipped>(json!({ "sku": "mug", "orderId": "o-1001", "quantity": 2 })),
        ],
    )
}
