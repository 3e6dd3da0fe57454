//! The public events. Their fields are plain values: no type of another context is used here.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

causeway::events! {
    /// The events for partners.
    pub enum PublicEvent: events of "public" {
        PublicOrderConfirmed = 1,
        PublicShipmentDispatched = 1,
    }
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicAmount {
    /// The amount in the smallest unit of the currency, such as cents.
    pub minor_units: i64,
    /// The currency by ISO 4217: `EUR`.
    pub currency: String,
}

/// An order was confirmed and will be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicOrderConfirmed {
    /// The number of the order.
    pub order_number: String,
    /// The sum of the order.
    pub total: PublicAmount,
    /// When it was confirmed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub confirmed_at: Timestamp,
}

/// The parcel of an order was handed to the carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicShipmentDispatched {
    /// The number of the order.
    pub order_number: String,
    /// The carrier's number.
    pub tracking_number: String,
    /// When it was handed over.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub dispatched_at: Timestamp,
}
