//! Commands and events of an order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::v1;
use crate::{
    address::Address,
    email::EmailAddress,
    ids::{OrderId, PaymentToken, Sku, TrackingNumber, UserId},
    money::{Currency, Money},
    quantity::Quantity,
};

causeway::events! {
    /// The commands to an order.
    pub enum OrderCommand: commands to "order" by order_id {
        PlaceOrder = 1,
        ConfirmOrder = 1,
        CancelOrder = 1,
        CompleteOrder = 1,
    }
}

causeway::events! {
    /// The events of an order.
    pub enum OrderEvent: events of "order" {
        OrderPlaced = 2 <- v1::OrderPlaced,
        OrderPaid = 1,
        OrderConfirmed = 1,
        OrderCancellationRequested = 1,
        OrderCancelled = 1,
        OrderShipped = 1,
        OrderDelivered = 1,
        OrderCompleted = 1,
    }
}

/// Places an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// The id of the order, chosen by the caller, so that a repeated command is about the same order.
    pub order_id: OrderId,
    /// The id of the user who buys.
    pub user_id: UserId,
    /// The lines of the order; each sku occurs once.
    pub lines: Vec<RequestedLine>,
    /// The postal address for the delivery, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The address for e-mails about the order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
    /// The payment method; without one, the method that the payment provider knows the user by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_token: Option<PaymentToken>,
}

/// A line of an order before validation: its numbers may have any value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestedLine {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces, not validated yet.
    pub quantity: u32,
    /// The price of one piece.
    pub unit_price: Money,
}

/// Confirms a paid order, which then has everything that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmOrder {
    /// The id of the order.
    pub order_id: OrderId,
}

/// Cancels an order that is not shipped. The shipment of a confirmed order is cancelled first, if it still can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelOrder {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason, as the buyer will read it.
    pub reason: String,
    /// Whether a confirmed order rejects it. A fulfilment that is in doubt asks so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unless_confirmed: bool,
}

/// Completes a delivered order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompleteOrder {
    /// The id of the order.
    pub order_id: OrderId,
}

/// An order was placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who buys.
    pub user_id: UserId,
    /// The lines of the order; each sku occurs once.
    pub lines: Vec<OrderLine>,
    /// The sum of all lines.
    pub total: Money,
    /// The postal address for the delivery, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The address for e-mails about the order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
    /// The payment method; without one, the method that the payment provider knows the user by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_token: Option<PaymentToken>,
}

impl From<v1::OrderPlaced> for OrderPlaced {
    fn from(old: v1::OrderPlaced) -> Self {
        let euros = |amount| Money { amount, currency: Currency::EUR };
        let line = |line: v1::OrderLine| OrderLine {
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
            payment_token: None,
        }
    }
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces.
    pub quantity: Quantity,
    /// The price of one piece.
    pub unit_price: Money,
}

/// The order was paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPaid {
    /// The id of the order.
    pub order_id: OrderId,
    /// The amount, which is the order's total.
    pub amount: Money,
}

/// The order was confirmed and will be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed {
    /// The id of the order.
    pub order_id: OrderId,
}

/// The cancellation of a confirmed order was requested. Its shipment decides whether it is cancelled or shipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancellationRequested {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason, as the buyer will read it.
    pub reason: String,
}

/// The order was cancelled and will not be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// The id of the order.
    pub order_id: OrderId,
    /// The reason, as the buyer reads it.
    pub reason: String,
}

/// The order was handed to the carrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderShipped {
    /// The id of the order.
    pub order_id: OrderId,
    /// The carrier's number.
    pub tracking: TrackingNumber,
}

/// The buyer has the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDelivered {
    /// The id of the order.
    pub order_id: OrderId,
}

/// The order is completed. An end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderCompleted {
    /// The id of the order.
    pub order_id: OrderId,
}
