//! The events inside give exactly the published samples outside.

use causeway::{
    Message,
    testing::{assert_idempotent, given},
};
use serde_json::Value;

use super::*;
use crate::{
    context::Entry,
    ids::{OrderId, TrackingNumber},
    money::{Currency, Money},
    order::OrderConfirmed,
    shipment::ShipmentDispatched,
};

fn sample_of<M: Message>() -> Value {
    let entry = |entry: &Entry| entry.description.name == M::NAME;
    crate::catalogue().into_iter().find(entry).expect("a sample in the catalogue").sample
}

fn confirmed() -> PublicOrderConfirmed {
    let inside = sample_of::<OrderConfirmed>();
    let total = Money { amount: 2998, currency: Currency::EUR };
    order_confirmed(&serde_json::from_value(inside).unwrap(), total, "2026-11-21T10:30:00Z".parse().unwrap())
}

#[test]
fn a_confirmed_order_is_the_published_sample_outside() {
    assert_eq!(serde_json::to_value(confirmed()).unwrap(), sample_of::<PublicOrderConfirmed>());
}

#[test]
fn a_dispatched_shipment_is_the_published_sample_outside() {
    let (order_id, tracking): (OrderId, TrackingNumber) = ("o-1001".parse().unwrap(), "t-1001".parse().unwrap());
    let inside = ShipmentDispatched { order_id, tracking };
    let outside = shipment_dispatched(&inside, "2026-11-21T10:30:00Z".parse().unwrap());
    assert_eq!(serde_json::to_value(outside).unwrap(), sample_of::<PublicShipmentDispatched>());
}

#[test]
fn a_public_event_is_published_once() {
    given::<Public>([]).when(confirmed().into()).then([confirmed().into()]).when(confirmed().into()).then_nothing();
    assert_idempotent::<Public>([], &confirmed().into());
}
