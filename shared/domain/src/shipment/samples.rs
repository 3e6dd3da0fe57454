//! The registry's entry of shipments, with a sample of each message.

use serde_json::{Value, json};

use super::{decider::Shipment, events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Shipment>().family::<ShipmentCommand>().samples(
        "orderId",
        [
            Entry::of::<ScheduleShipping>(json!({ "orderId": "o-1002", "address": address() })),
            Entry::of::<CancelShipping>(json!({ "orderId": "o-1003" })),
            Entry::of::<ShipOrder>(json!({ "orderId": "o-1002", "tracking": "CW-1002" })),
            Entry::of::<UpdateTracking>(json!({
                "orderId": "o-1002",
                "place": "Parcel centre Berlin",
                "seenAt": "2026-01-15T08:30:00Z",
            })),
            Entry::of::<ConfirmDelivery>(json!({ "orderId": "o-1002" })),
            Entry::of::<ShippingScheduled>(json!({ "orderId": "o-1002", "address": address() })),
            Entry::of::<ShippingCancelled>(json!({ "orderId": "o-1003" })),
            Entry::of::<ShipmentDispatched>(json!({ "orderId": "o-1002", "tracking": "CW-1002" })),
            Entry::of::<TrackingUpdated>(json!({
                "orderId": "o-1002",
                "place": "Parcel centre Berlin",
                "seenAt": "2026-01-15T08:30:00Z",
                "newest": true,
            })),
            Entry::of::<ShipmentDelivered>(json!({ "orderId": "o-1002" })),
        ],
    )
}

fn address() -> Value {
    json!({
        "name": "Ada Example",
        "street": "1 Analytical Road",
        "postalCode": "10115",
        "city": "Berlin",
        "country": "DE",
    })
}
