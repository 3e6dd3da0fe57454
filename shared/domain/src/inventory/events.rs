//! Commands and events of the stock of an item.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, Sku},
    quantity::Quantity,
};

causeway::events! {
    /// The commands to the stock of an item.
    pub enum InventoryCommand: commands to "inventory" by sku {
        ReceiveStock = 1,
        ReserveStock = 1,
        ReleaseStock = 1,
        ShipStock = 1,
    }
}

causeway::events! {
    /// The events of the stock of an item.
    pub enum InventoryEvent: events of "inventory" {
        StockReceived = 1,
        StockReserved = 1,
        StockReservationFailed = 1,
        StockReleased = 1,
        StockShipped = 1,
    }
}

/// Adds received pieces to the stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiveStock {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces received.
    pub quantity: u32,
}

/// Reserves pieces for an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReserveStock {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of pieces to reserve.
    pub quantity: u32,
}

/// Releases the reservation of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStock {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
}

/// Ships the pieces that are reserved for an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipStock {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
}

/// Pieces were received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReceived {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces.
    pub quantity: Quantity,
}

/// Pieces were reserved for an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReserved {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of pieces.
    pub quantity: Quantity,
}

/// Pieces could not be reserved for an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReservationFailed {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of pieces requested.
    pub quantity: Quantity,
    /// The reason.
    pub because: ReservationFailure,
}

/// Why pieces could not be reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ReservationFailure {
    /// There are not enough pieces.
    NotEnough {
        /// The number of pieces that were available.
        available: u64,
    },
    /// The order had released the reservation before it was made.
    ReleasedBefore,
}

impl fmt::Display for ReservationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnough { available } => write!(f, "{available} available"),
            Self::ReleasedBefore => f.write_str("the order had released it before"),
        }
    }
}

/// The reservation of an order was released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReleased {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of pieces released; 0 if none were reserved.
    pub quantity: u32,
}

/// The pieces that were reserved for an order were shipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockShipped {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The id of the order.
    pub order_id: OrderId,
    /// The number of pieces.
    pub quantity: Quantity,
}
