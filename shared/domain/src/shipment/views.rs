//! The view of shipments, for the buyer who waits.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::ShipmentEvent;
use crate::{
    address::Address,
    ids::{OrderId, TrackingNumber},
};

/// The status of a shipment, as readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ShipmentStatus {
    /// The shipment is scheduled.
    Scheduled,
    /// It is cancelled.
    Cancelled,
    /// The carrier has the parcel.
    Dispatched,
    /// The buyer has the parcel.
    Delivered,
}

/// The view of shipments: one row per order, with the current place and the history.
#[derive(Debug)]
pub struct ShipmentTracking;

/// A shipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentTrackingRow {
    /// The id of the order.
    pub order_id: OrderId,
    /// The current status.
    pub status: ShipmentStatus,
    /// The postal address.
    #[serde(default)]
    pub address: Option<Address>,
    /// The carrier's number, once it is dispatched.
    #[serde(default)]
    pub tracking: Option<TrackingNumber>,
    /// The current place, once the carrier has reported one.
    #[serde(default)]
    pub place: Option<String>,
    /// What happened, in the order of the reports.
    pub history: Vec<TrackingEntry>,
}

/// A report about a shipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackingEntry {
    /// When it happened.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The status.
    pub status: ShipmentStatus,
    /// The place, if the carrier reported one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl View for ShipmentTracking {
    const NAME: &'static str = "shipment-tracking";
    type Event = ShipmentEvent;
    type Row = ShipmentTrackingRow;

    fn patch(stream: &StreamId, event: &Recorded<ShipmentEvent>) -> Patch {
        let row = Patch::none().set("orderId", stream.id());
        let (row, status) = match &event.event {
            ShipmentEvent::ShippingScheduled(scheduled) => {
                (row.set("address", &scheduled.address), ShipmentStatus::Scheduled)
            }
            ShipmentEvent::ShippingCancelled(_) => (row, ShipmentStatus::Cancelled),
            ShipmentEvent::ShipmentDispatched(dispatched) => {
                (row.set("tracking", &dispatched.tracking), ShipmentStatus::Dispatched)
            }
            ShipmentEvent::TrackingUpdated(update) => {
                let (at, place) = (update.seen_at, Some(update.place.clone()));
                let row = if update.newest { row.set("place", &update.place) } else { row };
                return row.append("history", TrackingEntry { at, status: ShipmentStatus::Dispatched, place });
            }
            ShipmentEvent::ShipmentDelivered(_) => (row, ShipmentStatus::Delivered),
        };
        row.set("status", status).append("history", TrackingEntry { at: event.at, status, place: None })
    }
}
