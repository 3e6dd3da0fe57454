//! What is asked of a shelf, and what happens to it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, Sku},
    quantity::Quantity,
};

causeway::events! {
    /// What may be asked of a shelf.
    pub enum InventoryCommand: commands to "inventory" {
        ReceiveStock = 1,
        ReserveStock = 1,
        ReleaseStock = 1,
        ShipStock = 1,
    }
}

causeway::events! {
    /// What can happen to a shelf.
    pub enum InventoryEvent: events of "inventory" {
        StockReceived = 1,
        StockReserved = 1,
        StockReservationFailed = 1,
        StockReleased = 1,
        StockShipped = 1,
    }
}

/// Goods have come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiveStock {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
}

/// An order wants a hold on some of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReserveStock {
    /// What.
    pub sku: Sku,
    /// For which order.
    pub order_id: OrderId,
    /// How many.
    pub quantity: u32,
}

/// An order gives up its hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseStock {
    /// What.
    pub sku: Sku,
    /// Which order.
    pub order_id: OrderId,
}

/// What an order holds leaves the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipStock {
    /// What.
    pub sku: Sku,
    /// For which order.
    pub order_id: OrderId,
}

/// Goods came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReceived {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
}

/// An order has a hold on some of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReserved {
    /// What.
    pub sku: Sku,
    /// Which order.
    pub order_id: OrderId,
    /// How many.
    pub quantity: Quantity,
}

/// An order gets no hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReservationFailed {
    /// What.
    pub sku: Sku,
    /// Which order.
    pub order_id: OrderId,
    /// How many it wanted.
    pub quantity: Quantity,
    /// Why not.
    pub because: ReservationFailure,
}

/// Why an order gets no hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ReservationFailure {
    /// There is not enough.
    NotEnough {
        /// How many there were.
        available: u64,
    },
    /// The order has given up before.
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

/// An order's hold is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockReleased {
    /// What.
    pub sku: Sku,
    /// Which order.
    pub order_id: OrderId,
    /// How many came back; 0 when there was no hold.
    pub quantity: u32,
}

/// What an order held left the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockShipped {
    /// What.
    pub sku: Sku,
    /// For which order.
    pub order_id: OrderId,
    /// How many.
    pub quantity: Quantity,
}
