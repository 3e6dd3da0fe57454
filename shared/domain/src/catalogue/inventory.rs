//! Samples of what is said to shelves and of shelves.

use serde_json::json;

use super::Entry;
use crate::inventory::{
    ReceiveStock, ReleaseStock, ReserveStock, ShipStock, StockReceived, StockReleased, StockReservationFailed,
    StockReserved, StockShipped,
};

pub(super) fn entries() -> Vec<Entry> {
    vec![
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
    ]
}
