//! Version 1 of `OrderPlaced`: all prices in euro cents, no postal address, no e-mail address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, Sku, UserId},
    quantity::Quantity,
};

/// An order was placed, version 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who buys.
    pub user_id: UserId,
    /// The lines of the order; each sku occurs once.
    pub lines: Vec<OrderLine>,
    /// The sum of all lines in euro cents.
    pub total: i64,
}

/// A line of an order, version 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces.
    pub quantity: Quantity,
    /// The price of one piece in euro cents.
    pub unit_price: i64,
}
