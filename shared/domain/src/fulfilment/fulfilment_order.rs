//! What a fulfilment needs to know of its order. It is in the saga's first event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    ids::{PaymentToken, Sku, UserId},
    money::Money,
    order::OrderPlaced,
    quantity::Quantity,
};

/// What a fulfilment needs to know of its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentOrder {
    /// The lines to reserve.
    pub lines: Vec<FulfilmentLine>,
    /// The user who pays.
    pub user_id: UserId,
    /// The amount to charge.
    pub total: Money,
    /// The payment method.
    pub payment_token: PaymentToken,
    /// The postal address, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// One item that an order needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentLine {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces.
    pub quantity: Quantity,
}

impl FulfilmentOrder {
    /// The part of a placed order.
    pub fn of(order: &OrderPlaced) -> Self {
        let lines = order.lines.iter();
        Self {
            lines: lines.map(|line| FulfilmentLine { sku: line.sku.clone(), quantity: line.quantity }).collect(),
            user_id: order.user_id.clone(),
            total: order.total,
            payment_token: order.payment_token.clone().unwrap_or_else(|| order.user_id.cast()),
            address: order.shipping_address.clone(),
        }
    }
}
