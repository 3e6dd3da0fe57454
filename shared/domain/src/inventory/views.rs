//! What one wants to know of the stock: how much there is of what, and what runs low.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use serde::{Deserialize, Serialize};

use super::events::InventoryEvent;
use crate::ids::Sku;

/// Fewer available than this is low.
pub const LOW_STOCK: u64 = 5;

/// One row per sku; all stand in one list, by their sku.
#[derive(Debug)]
pub struct Stock;

/// How much there is of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockRow {
    /// What.
    pub sku: Sku,
    /// How many came in.
    #[serde(default)]
    pub received: u64,
    /// How many may still be promised.
    #[serde(default)]
    pub available: u64,
    /// How many are held for orders.
    #[serde(default)]
    pub reserved: u64,
    /// How many left the house.
    #[serde(default)]
    pub shipped: u64,
}

impl StockRow {
    /// Whether more should be bought.
    pub fn is_low(&self) -> bool {
        self.available < LOW_STOCK
    }
}

impl Stock {
    /// The list in which all stand.
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
