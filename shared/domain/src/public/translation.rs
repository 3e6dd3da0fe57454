//! From the events inside to the public ones.

use jiff::Timestamp;

use super::events::{PublicAmount, PublicOrderConfirmed, PublicShipmentDispatched};
use crate::{money::Money, order::OrderConfirmed, shipment::ShipmentDispatched};

/// A confirmed order with its total, as partners see it.
pub fn order_confirmed(confirmed: &OrderConfirmed, total: Money, at: Timestamp) -> PublicOrderConfirmed {
    PublicOrderConfirmed { order_number: confirmed.order_id.to_string(), total: amount(total), confirmed_at: at }
}

/// A dispatched shipment, as partners see it.
pub fn shipment_dispatched(dispatched: &ShipmentDispatched, at: Timestamp) -> PublicShipmentDispatched {
    PublicShipmentDispatched {
        order_number: dispatched.order_id.to_string(),
        tracking_number: dispatched.tracking.to_string(),
        dispatched_at: at,
    }
}

fn amount(money: Money) -> PublicAmount {
    PublicAmount { minor_units: money.amount, currency: money.currency.to_string() }
}
