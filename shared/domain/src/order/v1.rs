//! `OrderPlaced` as it was first: all prices in euros, no address, nobody to write to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events;
use crate::{
    ids::{OrderId, Sku, UserId},
    money::{Currency, Money},
    quantity::Quantity,
};

/// An order was placed, version 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The order.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// What is bought.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines, in euro cents.
    pub total: i64,
}

/// One line of an order, version 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
    /// For how much each, in euro cents.
    pub unit_price: i64,
}

impl From<OrderPlaced> for events::OrderPlaced {
    fn from(old: OrderPlaced) -> Self {
        let euros = |amount| Money { amount, currency: Currency::EUR };
        let line = |line: OrderLine| events::OrderLine {
            sku: line.sku,
            quantity: line.quantity,
            unit_price: euros(line.unit_price),
        };
        Self {
            order_id: old.order_id,
            user_id: old.user_id,
            lines: old.lines.into_iter().map(line).collect(),
            total: euros(old.total),
            shipping_address: None,
            contact_email: None,
        }
    }
}
