//! The shipment of an order: scheduled, dispatched once, tracked and delivered. Stream `shipment/<order id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `ScheduleShipping` | `ShippingScheduled` | `ScheduledDifferently`, `AlreadyCancelled` |
//! | `CancelShipping` | `ShippingCancelled` | `AlreadyDispatched` |
//! | `ShipOrder` | `ShipmentDispatched` | `NotScheduled`, `AlreadyCancelled`, `DispatchedDifferently` |
//! | `UpdateTracking` | `TrackingUpdated` | `NotDispatched`, `AlreadyDelivered`, `PlaceOutOfBounds`, `TwoPlacesAtOnce`, `TooManyUpdates` |
//! | `ConfirmDelivery` | `ShipmentDelivered` | `NotDispatched` |
//!
//! - A shipment is scheduled by the fulfilment, after the payment.
//! - Until it is dispatched it can be cancelled. A cancellation that overtakes the scheduling is recorded, and the
//!   scheduling is then rejected.
//! - Updates of the carrier may come late, doubled and in any order: each is recorded once, and only the newest changes
//!   the current place.

mod decider;
mod events;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{DispatchedShipment, MAX_UPDATES, Shipment, ShipmentRejection, ShipmentState};
pub use events::{
    CancelShipping, ConfirmDelivery, ScheduleShipping, ShipOrder, ShipmentCommand, ShipmentDelivered,
    ShipmentDispatched, ShipmentEvent, ShippingCancelled, ShippingScheduled, TrackingUpdated, UpdateTracking,
};
pub use samples::context;
pub use views::{ShipmentStatus, ShipmentTracking, ShipmentTrackingRow, TrackingEntry};
