//! What is asked of an order, and what happens to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::v1;
use crate::{
    address::Address,
    email::EmailAddress,
    ids::{OrderId, Sku, UserId},
    money::Money,
    quantity::Quantity,
};

causeway::events! {
    /// What may be asked of an order.
    pub enum OrderCommand: commands to "order" {
        PlaceOrder = 1,
        ConfirmOrder = 1,
        CancelOrder = 1,
    }
}

causeway::events! {
    /// What can happen to an order.
    pub enum OrderEvent: events of "order" {
        OrderPlaced = 2 <- v1::OrderPlaced,
        OrderConfirmed = 1,
        OrderCancelled = 1,
    }
}

/// Somebody wants to buy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// The order, named by whoever places it, so that a repeat is the same order.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// What is wanted, each sku once.
    pub lines: Vec<RequestedLine>,
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Where mails about it go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
}

/// A line as it is asked for: the rules have not seen it, so its numbers may be anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestedLine {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
    /// For how much each.
    pub unit_price: Money,
}

/// All that the order needs is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmOrder {
    /// The order.
    pub order_id: OrderId,
}

/// The order shall not go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelOrder {
    /// The order.
    pub order_id: OrderId,
    /// Why, for the buyer to read.
    pub reason: String,
}

/// An order was placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The order.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// What is bought, each sku once.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines.
    pub total: Money,
    /// Where it goes, if the buyer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Where mails about it go, if the buyer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
    /// For how much each.
    pub unit_price: Money,
}

/// The order will be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed {
    /// The order.
    pub order_id: OrderId,
}

/// The order will not be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// The order.
    pub order_id: OrderId,
    /// Why, for the buyer to read.
    pub reason: String,
}
