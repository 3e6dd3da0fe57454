//! Tests of a shipment and of its view.

use causeway::{
    Decider,
    command::decider::fold,
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{address::Address, ids::OrderId};

fn order() -> OrderId {
    "o-1".parse().unwrap()
}

fn address(street: &str) -> Option<Address> {
    let [name, postal_code, city, country] = ["Ada", "10115", "Berlin", "DE"].map(str::to_owned);
    Some(Address { name, street: street.to_owned(), postal_code, city, country })
}

fn minute(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn schedule() -> ShipmentCommand {
    ScheduleShipping { order_id: order(), address: address("1 Road") }.into()
}

fn cancel() -> ShipmentCommand {
    CancelShipping { order_id: order() }.into()
}

fn ship() -> ShipmentCommand {
    ShipOrder { order_id: order(), tracking: None }.into()
}

fn update(place: &str, seen: i64) -> ShipmentCommand {
    UpdateTracking { order_id: order(), place: place.to_owned(), seen_at: minute(seen) }.into()
}

fn confirm() -> ShipmentCommand {
    ConfirmDelivery { order_id: order() }.into()
}

fn scheduled() -> ShipmentEvent {
    ShippingScheduled { order_id: order(), address: address("1 Road") }.into()
}

fn cancelled() -> ShipmentEvent {
    ShippingCancelled { order_id: order() }.into()
}

fn dispatched() -> ShipmentEvent {
    ShipmentDispatched { order_id: order(), tracking: "o-1".parse().unwrap() }.into()
}

fn updated(place: &str, seen: i64, newest: bool) -> ShipmentEvent {
    TrackingUpdated { order_id: order(), place: place.to_owned(), seen_at: minute(seen), newest }.into()
}

fn delivered() -> ShipmentEvent {
    ShipmentDelivered { order_id: order() }.into()
}

#[test]
fn a_shipment_is_scheduled_dispatched_and_delivered_once() {
    given::<Shipment>([])
        .when(schedule())
        .then([scheduled()])
        .when(schedule())
        .then_nothing()
        .when(ship())
        .then([dispatched()])
        .when(ship())
        .then_nothing()
        .when(schedule())
        .then_nothing()
        .when(confirm())
        .then([delivered()])
        .when(confirm())
        .then_nothing()
        .when(ship())
        .then_nothing();
}

#[test]
fn it_is_dispatched_only_if_it_is_scheduled() {
    given::<Shipment>([]).when(ship()).then_rejected(ShipmentRejection::NotScheduled);
    given::<Shipment>([scheduled(), cancelled()]).when(ship()).then_rejected(ShipmentRejection::AlreadyCancelled);
}

#[test]
fn it_is_cancelled_until_it_is_dispatched() {
    given::<Shipment>([scheduled()]).when(cancel()).then([cancelled()]).when(cancel()).then_nothing();
    for past in [vec![scheduled(), dispatched()], vec![scheduled(), dispatched(), delivered()]] {
        given::<Shipment>(past).when(cancel()).then_rejected(ShipmentRejection::AlreadyDispatched);
    }
}

#[test]
fn a_cancellation_that_overtakes_the_scheduling_is_recorded() {
    given::<Shipment>([])
        .when(cancel())
        .then([cancelled()])
        .when(schedule())
        .then_rejected(ShipmentRejection::AlreadyCancelled)
        .when(cancel())
        .then_nothing();
}

#[test]
fn a_repeat_with_other_content_is_rejected() {
    let elsewhere = ScheduleShipping { order_id: order(), address: address("2 Road") };
    given::<Shipment>([scheduled()]).when(elsewhere.into()).then_rejected(ShipmentRejection::ScheduledDifferently);
    let again = ShipOrder { order_id: order(), tracking: Some("CW-2".parse().unwrap()) };
    let tracking = "o-1".parse().unwrap();
    given::<Shipment>([scheduled(), dispatched()])
        .when(again.into())
        .then_rejected(ShipmentRejection::DispatchedDifferently { tracking });
}

#[test]
fn updates_are_recorded_once_in_any_order() {
    given::<Shipment>([scheduled(), dispatched()])
        .when(update("Hamburg", 20))
        .then([updated("Hamburg", 20, true)])
        .when(update("Berlin", 10))
        .then([updated("Berlin", 10, false)])
        .when(update("Hamburg", 20))
        .then_nothing()
        .when(update("Berlin", 10))
        .then_nothing()
        .when(update("Paris", 10))
        .then_rejected(ShipmentRejection::TwoPlacesAtOnce { place: "Berlin".to_owned() });
}

#[test]
fn only_a_parcel_under_way_is_tracked() {
    for past in [vec![], vec![scheduled()], vec![scheduled(), cancelled()]] {
        given::<Shipment>(past.clone()).when(update("Berlin", 1)).then_rejected(ShipmentRejection::NotDispatched);
        given::<Shipment>(past).when(confirm()).then_rejected(ShipmentRejection::NotDispatched);
    }
    given::<Shipment>([scheduled(), dispatched(), updated("Berlin", 1, true), delivered()])
        .when(update("Berlin", 1))
        .then_nothing()
        .when(update("Berlin", 2))
        .then_rejected(ShipmentRejection::AlreadyDelivered);
}

#[test]
fn a_place_is_not_blank_and_a_shipment_has_a_limit_of_updates() {
    for place in ["", " \t", &"x".repeat(201)] {
        given::<Shipment>([scheduled(), dispatched()])
            .when(update(place, 1))
            .then_rejected(ShipmentRejection::PlaceOutOfBounds);
    }
    let many = (0..MAX_UPDATES as i64).map(|seen| updated("Berlin", seen, true));
    given::<Shipment>([scheduled(), dispatched()].into_iter().chain(many))
        .when(update("Berlin", 1))
        .then_nothing()
        .when(update("Berlin", 1_000))
        .then_rejected(ShipmentRejection::TooManyUpdates);
}

#[test]
fn every_command_is_idempotent() {
    let pasts = [
        vec![],
        vec![cancelled()],
        vec![scheduled()],
        vec![scheduled(), dispatched()],
        vec![scheduled(), dispatched(), updated("Berlin", 1, true)],
        vec![scheduled(), dispatched(), delivered()],
    ];
    for past in pasts {
        for command in [schedule(), cancel(), ship(), update("Berlin", 1), update("Paris", 2), confirm()] {
            assert_idempotent::<Shipment>(past.clone(), &command);
        }
    }
}

#[test]
fn after_any_commands_it_is_dispatched_at_most_once_and_never_both_cancelled_and_dispatched() {
    for seed in 0..1_000 {
        let rng = MemoryIds::seeded(seed);
        let (mut state, mut log) = (ShipmentState::default(), Vec::new());
        for _ in 0..30 {
            let command = match rng.bits() % 7 {
                0 | 1 => schedule(),
                2 => cancel(),
                3 => ship(),
                4 | 5 => update(["Berlin", "Paris"][(rng.bits() % 2) as usize], (rng.bits() % 9) as i64),
                _ => confirm(),
            };
            let Ok(events) = Shipment::decide(&state, &command) else { continue };
            state = fold::<Shipment>(state, &events);
            log.extend(events);
        }
        let count = |is: fn(&ShipmentEvent) -> bool| log.iter().filter(|event| is(event)).count();
        let dispatches = count(|event| matches!(event, ShipmentEvent::ShipmentDispatched(_)));
        let cancellations = count(|event| matches!(event, ShipmentEvent::ShippingCancelled(_)));
        let deliveries = count(|event| matches!(event, ShipmentEvent::ShipmentDelivered(_)));
        assert!(dispatches + cancellations <= 1 && deliveries <= dispatches, "seed {seed}: {log:?}");
        let seen = log
            .iter()
            .filter_map(|event| if let ShipmentEvent::TrackingUpdated(update) = event { Some(update) } else { None });
        let current = seen.clone().rfind(|update| update.newest).map(|update| update.seen_at);
        assert_eq!(current, seen.map(|update| update.seen_at).max(), "seed {seed}: {log:?}");
    }
}

#[test]
fn the_view_has_the_current_place_and_the_history() {
    let past = [scheduled(), dispatched(), updated("Hamburg", 20, true), updated("Berlin", 10, false), delivered()];
    let at = |second: i64| "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second);
    let entry = |at, status, place: Option<&str>| TrackingEntry { at, status, place: place.map(str::to_owned) };
    given_view::<ShipmentTracking>(past).then_row(ShipmentTrackingRow {
        order_id: "s-1".parse().unwrap(),
        status: ShipmentStatus::Delivered,
        address: address("1 Road"),
        tracking: Some("o-1".parse().unwrap()),
        place: Some("Hamburg".to_owned()),
        history: vec![
            entry(at(0), ShipmentStatus::Scheduled, None),
            entry(at(1), ShipmentStatus::Dispatched, None),
            entry(minute(20), ShipmentStatus::Dispatched, Some("Hamburg")),
            entry(minute(10), ShipmentStatus::Dispatched, Some("Berlin")),
            entry(at(4), ShipmentStatus::Delivered, None),
        ],
    });
}
