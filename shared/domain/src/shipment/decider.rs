//! The rules of a shipment.

use std::collections::BTreeMap;

use causeway::{Decider, Rejection};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    ShipOrder, ShipmentCommand, ShipmentDelivered, ShipmentDispatched, ShipmentEvent, ShippingCancelled,
    ShippingScheduled, TrackingUpdated, UpdateTracking,
};
use crate::{
    address::Address,
    ids::{OrderId, TrackingNumber},
};

/// The maximum number of updates of a shipment.
pub const MAX_UPDATES: usize = 100;

/// The maximum length of a place in characters.
const MAX_PLACE_LENGTH: usize = 200;

/// The rules of a shipment.
#[derive(Debug)]
pub struct Shipment;

/// The state of a shipment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ShipmentState {
    /// It is not scheduled yet.
    #[default]
    New,
    /// It is scheduled.
    Scheduled(Option<Address>),
    /// It is cancelled, maybe before it was scheduled.
    Cancelled,
    /// The carrier has the parcel.
    Dispatched(DispatchedShipment),
    /// The buyer has the parcel.
    Delivered(DispatchedShipment),
}

/// What the rules need of a dispatched shipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DispatchedShipment {
    /// The address it was scheduled for.
    pub address: Option<Address>,
    /// The carrier's number.
    pub tracking: TrackingNumber,
    /// Where the carrier has seen it, by time.
    #[schemars(with = "BTreeMap<String, String>")]
    pub places: BTreeMap<Timestamp, String>,
}

/// Why a shipment rejects a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShipmentRejection {
    /// It is scheduled for another address.
    #[error("address: the shipment is scheduled for another address")]
    ScheduledDifferently,
    /// It was never scheduled.
    #[error("orderId: this shipment was never scheduled")]
    NotScheduled,
    /// It was cancelled.
    #[error("orderId: this shipment was cancelled")]
    AlreadyCancelled,
    /// It was dispatched under another number.
    #[error("tracking: the shipment was dispatched as {tracking}")]
    DispatchedDifferently {
        /// The number.
        tracking: TrackingNumber,
    },
    /// A dispatched shipment cannot be cancelled.
    #[error("orderId: this shipment was dispatched")]
    AlreadyDispatched,
    /// It was not dispatched.
    #[error("orderId: this shipment was not dispatched")]
    NotDispatched,
    /// The buyer has the parcel.
    #[error("orderId: this shipment was delivered")]
    AlreadyDelivered,
    /// The place is blank or too long.
    #[error("place: 1 to {MAX_PLACE_LENGTH} characters, and not only blanks")]
    PlaceOutOfBounds,
    /// The parcel was somewhere else at the same time.
    #[error("seenAt: the parcel was in {place} then")]
    TwoPlacesAtOnce {
        /// The other place.
        place: String,
    },
    /// The shipment has too many updates.
    #[error("orderId: a shipment has at most {MAX_UPDATES} updates")]
    TooManyUpdates,
}

impl Rejection for ShipmentRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::ScheduledDifferently => "ScheduledDifferently",
            Self::NotScheduled => "NotScheduled",
            Self::AlreadyCancelled => "AlreadyCancelled",
            Self::DispatchedDifferently { .. } => "DispatchedDifferently",
            Self::AlreadyDispatched => "AlreadyDispatched",
            Self::NotDispatched => "NotDispatched",
            Self::AlreadyDelivered => "AlreadyDelivered",
            Self::PlaceOutOfBounds => "PlaceOutOfBounds",
            Self::TwoPlacesAtOnce { .. } => "TwoPlacesAtOnce",
            Self::TooManyUpdates => "TooManyUpdates",
        }
    }
}

impl Decider for Shipment {
    const CONTEXT: &'static str = "shipment";
    type State = ShipmentState;
    type Command = ShipmentCommand;
    type Event = ShipmentEvent;
    type Rejection = ShipmentRejection;

    fn decide(state: &ShipmentState, command: &ShipmentCommand) -> Result<Vec<ShipmentEvent>, ShipmentRejection> {
        use ShipmentState as State;
        match (state, command) {
            (State::New, ShipmentCommand::ScheduleShipping(schedule)) => {
                let schedule = schedule.clone();
                Ok(vec![ShippingScheduled { order_id: schedule.order_id, address: schedule.address }.into()])
            }
            (
                State::Scheduled(address)
                | State::Dispatched(DispatchedShipment { address, .. })
                | State::Delivered(DispatchedShipment { address, .. }),
                ShipmentCommand::ScheduleShipping(schedule),
            ) => match *address == schedule.address {
                true => Ok(Vec::new()),
                false => Err(ShipmentRejection::ScheduledDifferently),
            },
            (State::Cancelled, ShipmentCommand::ScheduleShipping(_) | ShipmentCommand::ShipOrder(_)) => {
                Err(ShipmentRejection::AlreadyCancelled)
            }
            // The saga waits for an event, also when nothing was scheduled.
            (State::New | State::Scheduled(_), ShipmentCommand::CancelShipping(cancel)) => {
                Ok(vec![ShippingCancelled { order_id: cancel.order_id.clone() }.into()])
            }
            (State::Cancelled, ShipmentCommand::CancelShipping(_)) => Ok(Vec::new()),
            (State::Dispatched(_) | State::Delivered(_), ShipmentCommand::CancelShipping(_)) => {
                Err(ShipmentRejection::AlreadyDispatched)
            }
            (State::New, ShipmentCommand::ShipOrder(_)) => Err(ShipmentRejection::NotScheduled),
            (State::Scheduled(_), ShipmentCommand::ShipOrder(ship)) => {
                Ok(vec![ShipmentDispatched { order_id: ship.order_id.clone(), tracking: tracking_of(ship) }.into()])
            }
            (State::Dispatched(shipment) | State::Delivered(shipment), ShipmentCommand::ShipOrder(ship)) => {
                match shipment.tracking == tracking_of(ship) {
                    true => Ok(Vec::new()),
                    false => Err(ShipmentRejection::DispatchedDifferently { tracking: shipment.tracking.clone() }),
                }
            }
            (State::Dispatched(shipment), ShipmentCommand::UpdateTracking(update)) => shipment.update(update),
            (State::Delivered(shipment), ShipmentCommand::UpdateTracking(update)) => match shipment.update(update)? {
                known if known.is_empty() => Ok(known),
                _ => Err(ShipmentRejection::AlreadyDelivered),
            },
            (State::Dispatched(_), ShipmentCommand::ConfirmDelivery(confirm)) => {
                Ok(vec![ShipmentDelivered { order_id: confirm.order_id.clone() }.into()])
            }
            (State::Delivered(_), ShipmentCommand::ConfirmDelivery(_)) => Ok(Vec::new()),
            (
                State::New | State::Scheduled(_) | State::Cancelled,
                ShipmentCommand::UpdateTracking(_) | ShipmentCommand::ConfirmDelivery(_),
            ) => Err(ShipmentRejection::NotDispatched),
        }
    }

    fn evolve(state: ShipmentState, event: &ShipmentEvent) -> ShipmentState {
        use ShipmentState as State;
        match (state, event) {
            (_, ShipmentEvent::ShippingScheduled(scheduled)) => State::Scheduled(scheduled.address.clone()),
            (_, ShipmentEvent::ShippingCancelled(_)) => State::Cancelled,
            (state, ShipmentEvent::ShipmentDispatched(dispatched)) => {
                let address = match state {
                    State::Scheduled(address) => address,
                    State::Dispatched(shipment) | State::Delivered(shipment) => shipment.address,
                    State::New | State::Cancelled => None,
                };
                let tracking = dispatched.tracking.clone();
                State::Dispatched(DispatchedShipment { address, tracking, places: BTreeMap::new() })
            }
            (State::Dispatched(mut shipment), ShipmentEvent::TrackingUpdated(update)) => {
                shipment.places.insert(update.seen_at, update.place.clone());
                State::Dispatched(shipment)
            }
            (State::Dispatched(shipment), ShipmentEvent::ShipmentDelivered(_)) => State::Delivered(shipment),
            (
                state @ (State::New | State::Scheduled(_) | State::Cancelled | State::Delivered(_)),
                ShipmentEvent::TrackingUpdated(_) | ShipmentEvent::ShipmentDelivered(_),
            ) => state,
        }
    }
}

impl DispatchedShipment {
    fn update(&self, update: &UpdateTracking) -> Result<Vec<ShipmentEvent>, ShipmentRejection> {
        let UpdateTracking { order_id, place, seen_at } = update.clone();
        if place.trim().is_empty() || place.chars().count() > MAX_PLACE_LENGTH {
            return Err(ShipmentRejection::PlaceOutOfBounds);
        }
        match self.places.get(&seen_at) {
            Some(known) if *known == place => return Ok(Vec::new()),
            Some(known) => return Err(ShipmentRejection::TwoPlacesAtOnce { place: known.clone() }),
            None if self.places.len() >= MAX_UPDATES => return Err(ShipmentRejection::TooManyUpdates),
            None => {}
        }
        let newest = self.places.last_key_value().is_none_or(|(last, _)| *last < seen_at);
        Ok(vec![TrackingUpdated { order_id, place, seen_at, newest }.into()])
    }
}

/// The carrier's number, or the id of the order.
fn tracking_of(ship: &ShipOrder) -> TrackingNumber {
    let of_order = |order: &OrderId| order.cast();
    ship.tracking.clone().unwrap_or_else(|| of_order(&ship.order_id))
}
