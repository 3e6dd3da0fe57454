//! The view of the stock of every item.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::InventoryEvent;
use crate::ids::Sku;

/// The stock of an item is low when fewer pieces than this are available.
pub const LOW_STOCK: u64 = 5;

/// The view of the stock: one row per sku, all in one list, by sku.
#[derive(Debug)]
pub struct Stock;

/// The stock of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockRow {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces received so far.
    #[serde(default)]
    pub received: u64,
    /// The number of pieces that are available for reservation.
    #[serde(default)]
    pub available: u64,
    /// The number of pieces that are reserved for orders.
    #[serde(default)]
    pub reserved: u64,
    /// The number of pieces shipped so far.
    #[serde(default)]
    pub shipped: u64,
}

impl StockRow {
    /// Whether the stock is low.
    pub fn is_low(&self) -> bool {
        self.available < LOW_STOCK
    }
}

impl Stock {
    /// The list of all rows.
    pub const LIST: &'static str = "all";
}

impl View for Stock {
    const NAME: &'static str = "stock";
    type Event = InventoryEvent;
    type Row = StockRow;

    fn patch(stream: &StreamId, event: &Recorded<InventoryEvent>) -> Patch {
        let row = Patch::none().set("sku", stream.id()).list_at(Self::LIST, stream.id());
        match &event.event {
            InventoryEvent::StockReceived(received) => {
                let quantity = i64::from(received.quantity.get());
                row.add("received", quantity).add("available", quantity)
            }
            InventoryEvent::StockReserved(reserved) => {
                let quantity = i64::from(reserved.quantity.get());
                row.add("available", -quantity).add("reserved", quantity)
            }
            InventoryEvent::StockReservationFailed(_) => row,
            InventoryEvent::StockReleased(released) => {
                let quantity = i64::from(released.quantity);
                row.add("available", quantity).add("reserved", -quantity)
            }
            InventoryEvent::StockShipped(shipped) => {
                let quantity = i64::from(shipped.quantity.get());
                row.add("reserved", -quantity).add("shipped", quantity)
            }
        }
    }
}
