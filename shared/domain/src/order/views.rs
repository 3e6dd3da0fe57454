//! What one wants to know of orders: a buyer's orders newest first, and all about one of them.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::{OrderEvent, OrderLine};
use crate::{
    address::Address,
    email::EmailAddress,
    ids::{OrderId, UserId},
    money::Money,
};

/// Where an order stands, for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// It waits for what it needs.
    Placed,
    /// It will be delivered.
    Confirmed,
    /// It will not be delivered.
    Cancelled,
}

/// One row per order; it stands in the list `user/<user id>`.
#[derive(Debug)]
pub struct OrderSummary;

/// An order on one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderSummaryRow {
    /// The order.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// Where it stands.
    pub status: OrderStatus,
    /// The sum.
    pub total: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
}

impl View for OrderSummary {
    const NAME: &'static str = "order-summary";
    type Event = OrderEvent;
    type Row = OrderSummaryRow;

    fn patch(_: &StreamId, event: &Recorded<OrderEvent>) -> Patch {
        match &event.event {
            OrderEvent::OrderPlaced(placed) => Patch::none()
                .set("orderId", &placed.order_id)
                .set("userId", &placed.user_id)
                .set("status", OrderStatus::Placed)
                .set("total", placed.total)
                .set("placedAt", event.at)
                .list_at(orders_of(&placed.user_id), format!("{:.9}/{}", event.at, placed.order_id)),
            OrderEvent::OrderConfirmed(_) => Patch::none().set("status", OrderStatus::Confirmed),
            OrderEvent::OrderCancelled(_) => Patch::none().set("status", OrderStatus::Cancelled),
        }
    }
}

impl OrderSummary {
    /// The list in which a user's orders stand.
    pub fn list_of(user: &UserId) -> String {
        orders_of(user)
    }
}

fn orders_of(user: &UserId) -> String {
    format!("user/{user}")
}

/// One row per order, with all there is to know.
#[derive(Debug)]
pub struct OrderDetails;

/// An order in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetailsRow {
    /// The order.
    pub order_id: OrderId,
    /// Who buys.
    pub user_id: UserId,
    /// What is bought.
    pub lines: Vec<OrderLine>,
    /// The sum.
    pub total: Money,
    /// Where it goes.
    pub shipping_address: Option<Address>,
    /// Where mails about it go.
    pub contact_email: Option<EmailAddress>,
    /// Where it stands.
    pub status: OrderStatus,
    /// How it came there, the earliest first.
    pub history: Vec<HistoryEntry>,
}

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// Where the order stood from then on.
    pub status: OrderStatus,
    /// Why, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl View for OrderDetails {
    const NAME: &'static str = "order-details";
    type Event = OrderEvent;
    type Row = OrderDetailsRow;

    fn patch(_: &StreamId, event: &Recorded<OrderEvent>) -> Patch {
        let (described, status, reason) = match &event.event {
            OrderEvent::OrderPlaced(placed) => {
                let described = Patch::none()
                    .set("orderId", &placed.order_id)
                    .set("userId", &placed.user_id)
                    .set("lines", &placed.lines)
                    .set("total", placed.total)
                    .set("shippingAddress", &placed.shipping_address)
                    .set("contactEmail", &placed.contact_email);
                (described, OrderStatus::Placed, None)
            }
            OrderEvent::OrderConfirmed(_) => (Patch::none(), OrderStatus::Confirmed, None),
            OrderEvent::OrderCancelled(cancelled) => {
                (Patch::none(), OrderStatus::Cancelled, Some(cancelled.reason.clone()))
            }
        };
        described.set("status", status).append("history", HistoryEntry { at: event.at, status, reason })
    }
}
