//! Views of orders: a user's orders, newest first, and one order in full.

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

/// The status of an order, as readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// The order is placed and not confirmed yet.
    Placed,
    /// The order is confirmed and will be delivered.
    Confirmed,
    /// The order is cancelled and will not be delivered.
    Cancelled,
}

/// The view of orders in short: one row per order, in the list `user/<user id>`, newest first.
#[derive(Debug)]
pub struct OrderSummary;

/// An order in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderSummaryRow {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who buys.
    pub user_id: UserId,
    /// The current status.
    pub status: OrderStatus,
    /// The sum of all lines.
    pub total: Money,
    /// The time when the order was placed.
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
                .list_at(Self::list_of(&placed.user_id), format!("{:.9}/{}", event.at, placed.order_id)),
            OrderEvent::OrderConfirmed(_) => Patch::none().set("status", OrderStatus::Confirmed),
            OrderEvent::OrderCancelled(_) => Patch::none().set("status", OrderStatus::Cancelled),
        }
    }
}

impl OrderSummary {
    /// The list of a user's orders.
    pub fn list_of(user: &UserId) -> String {
        format!("user/{user}")
    }
}

/// The view of orders in full: one row per order.
#[derive(Debug)]
pub struct OrderDetails;

/// An order in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetailsRow {
    /// The id of the order.
    pub order_id: OrderId,
    /// The id of the user who buys.
    pub user_id: UserId,
    /// The lines of the order.
    pub lines: Vec<OrderLine>,
    /// The sum of all lines.
    pub total: Money,
    /// The postal address for the delivery.
    pub shipping_address: Option<Address>,
    /// The address for e-mails about the order.
    pub contact_email: Option<EmailAddress>,
    /// The current status.
    pub status: OrderStatus,
    /// The changes of the status, the earliest first.
    pub history: Vec<HistoryEntry>,
}

/// A change of the status of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The time of the change.
    pub at: Timestamp,
    /// The status from then on.
    pub status: OrderStatus,
    /// The reason, if the order was cancelled.
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
