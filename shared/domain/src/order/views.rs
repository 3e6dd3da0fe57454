//! Views of orders: a user's orders, newest first, and one order in full.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{OrderEvent, OrderLine};
use crate::{
    address::Address,
    email::EmailAddress,
    ids::{OrderId, TrackingNumber, UserId},
    money::Money,
};

/// The status of an order, as readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// The order is placed and not paid yet.
    Placed,
    /// The order is paid and not confirmed yet.
    Paid,
    /// The order is confirmed and will be delivered.
    Confirmed,
    /// The cancellation of a confirmed order is requested.
    Cancelling,
    /// The order is cancelled and will not be delivered.
    Cancelled,
    /// The carrier has the order.
    Shipped,
    /// The buyer has the order.
    Delivered,
    /// The order is completed.
    Completed,
}

impl OrderStatus {
    /// The status after this event.
    pub fn after(event: &OrderEvent) -> Self {
        match event {
            OrderEvent::OrderPlaced(_) => Self::Placed,
            OrderEvent::OrderPaid(_) => Self::Paid,
            OrderEvent::OrderConfirmed(_) => Self::Confirmed,
            OrderEvent::OrderCancellationRequested(_) => Self::Cancelling,
            OrderEvent::OrderCancelled(_) => Self::Cancelled,
            OrderEvent::OrderShipped(_) => Self::Shipped,
            OrderEvent::OrderDelivered(_) => Self::Delivered,
            OrderEvent::OrderCompleted(_) => Self::Completed,
        }
    }
}

/// The view of orders in short: one row per order, in the list `user/<user id>`, newest first.
#[derive(Debug)]
pub struct OrderSummary;

/// An order in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub placed_at: Timestamp,
}

impl View for OrderSummary {
    const NAME: &'static str = "order-summary";
    type Event = OrderEvent;
    type Row = OrderSummaryRow;

    fn patch(_: &StreamId, event: &Recorded<OrderEvent>) -> Patch {
        let row = Patch::none().set("status", OrderStatus::after(&event.event));
        match &event.event {
            OrderEvent::OrderPlaced(placed) => row
                .set("orderId", &placed.order_id)
                .set("userId", &placed.user_id)
                .set("total", placed.total)
                .set("placedAt", event.at)
                .list_at(Self::list_of(&placed.user_id), format!("{:.9}/{}", event.at, placed.order_id)),
            OrderEvent::OrderPaid(_)
            | OrderEvent::OrderConfirmed(_)
            | OrderEvent::OrderCancellationRequested(_)
            | OrderEvent::OrderCancelled(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderDelivered(_)
            | OrderEvent::OrderCompleted(_) => row,
        }
    }
}

impl OrderSummary {
    /// The list of a user's orders.
    pub fn list_of(user: &UserId) -> String {
        format!("user/{user}")
    }
}

/// The view of orders in full: one row per order, in the list `status/<status>`, the newest change first.
#[derive(Debug)]
pub struct OrderDetails;

/// An order in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The carrier's number, once the order is shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<TrackingNumber>,
    /// The current status.
    pub status: OrderStatus,
    /// The changes of the status, the earliest first.
    pub history: Vec<HistoryEntry>,
}

/// A change of the status of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The time of the change.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The status from then on.
    pub status: OrderStatus,
    /// The reason, if the order was cancelled or shall be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl View for OrderDetails {
    const NAME: &'static str = "order-details";
    type Event = OrderEvent;
    type Row = OrderDetailsRow;

    fn patch(stream: &StreamId, event: &Recorded<OrderEvent>) -> Patch {
        let status = OrderStatus::after(&event.event);
        let (row, reason) = match &event.event {
            OrderEvent::OrderPlaced(placed) => {
                let row = Patch::none()
                    .set("orderId", &placed.order_id)
                    .set("userId", &placed.user_id)
                    .set("lines", &placed.lines)
                    .set("total", placed.total)
                    .set("shippingAddress", &placed.shipping_address)
                    .set("contactEmail", &placed.contact_email);
                (row, None)
            }
            OrderEvent::OrderCancellationRequested(request) => (Patch::none(), Some(request.reason.clone())),
            OrderEvent::OrderCancelled(cancelled) => (Patch::none(), Some(cancelled.reason.clone())),
            OrderEvent::OrderShipped(shipped) => (Patch::none().set("tracking", &shipped.tracking), None),
            OrderEvent::OrderPaid(_)
            | OrderEvent::OrderConfirmed(_)
            | OrderEvent::OrderDelivered(_)
            | OrderEvent::OrderCompleted(_) => (Patch::none(), None),
        };
        row.set("status", status)
            .append("history", HistoryEntry { at: event.at, status, reason })
            .list_at(Self::list_of(status), format!("{:.9}/{}", event.at, stream.id()))
    }
}

impl OrderDetails {
    /// The list of the orders with this status.
    pub fn list_of(status: OrderStatus) -> String {
        let status = match status {
            OrderStatus::Placed => "placed",
            OrderStatus::Paid => "paid",
            OrderStatus::Confirmed => "confirmed",
            OrderStatus::Cancelling => "cancelling",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Shipped => "shipped",
            OrderStatus::Delivered => "delivered",
            OrderStatus::Completed => "completed",
        };
        format!("status/{status}")
    }
}
