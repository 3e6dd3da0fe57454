//! Commands and events of a shipment.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    ids::{OrderId, TrackingNumber},
};

causeway::events! {
    /// The commands to a shipment.
    pub enum ShipmentCommand: commands to "shipment" by order_id {
        ScheduleShipping = 1,
        CancelShipping = 1,
        ShipOrder = 1,
        UpdateTracking = 1,
        ConfirmDelivery = 1,
    }
}

causeway::events! {
    /// The events of a shipment.
    pub enum ShipmentEvent: events of "shipment" {
        ShippingScheduled = 1,
        ShippingCancelled = 1,
        ShipmentDispatched = 1,
        TrackingUpdated = 1,
        ShipmentDelivered = 1,
    }
}

/// Schedules the shipment of a paid order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleShipping {
    /// The id of the order.
    pub order_id: OrderId,
    /// The postal address, if the order has one; without it the buyer collects the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// Cancels a shipment that is not dispatched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelShipping {
    /// The id of the order.
    pub order_id: OrderId,
}

/// Hands the parcel to the carrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipOrder {
    /// The id of the order.
    pub order_id: OrderId,
    /// The carrier's number; without one the parcel is tracked under the id of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<TrackingNumber>,
}

/// Reports where the parcel is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTracking {
    /// The id of the order.
    pub order_id: OrderId,
    /// The place, as the buyer will read it.
    pub place: String,
    /// When the parcel was there.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub seen_at: Timestamp,
}

/// Confirms that the buyer has the parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmDelivery {
    /// The id of the order.
    pub order_id: OrderId,
}

/// A shipment was scheduled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippingScheduled {
    /// The id of the order.
    pub order_id: OrderId,
    /// The postal address, if the order has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A shipment was cancelled, or will not be scheduled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippingCancelled {
    /// The id of the order.
    pub order_id: OrderId,
}

/// A parcel was handed to the carrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentDispatched {
    /// The id of the order.
    pub order_id: OrderId,
    /// The carrier's number.
    pub tracking: TrackingNumber,
}

/// The carrier has seen a parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackingUpdated {
    /// The id of the order.
    pub order_id: OrderId,
    /// The place.
    pub place: String,
    /// When the parcel was there.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub seen_at: Timestamp,
    /// Whether it was not seen anywhere later, as far as known: then this is the current place.
    pub newest: bool,
}

/// The buyer has the parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentDelivered {
    /// The id of the order.
    pub order_id: OrderId,
}
