//! Stories of shelves.

use causeway::{
    Decider,
    command::decider::fold,
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};

use super::*;
use crate::{
    ids::{OrderId, Sku},
    quantity::Quantity,
};

fn sku() -> Sku {
    "mug".parse().unwrap()
}

fn order(number: u64) -> OrderId {
    format!("o-{number}").parse().unwrap()
}

fn pieces(number: u32) -> Quantity {
    Quantity::new(number).unwrap()
}

fn receive(quantity: u32) -> InventoryCommand {
    ReceiveStock { sku: sku(), quantity }.into()
}

fn reserve(number: u64, quantity: u32) -> InventoryCommand {
    ReserveStock { sku: sku(), order_id: order(number), quantity }.into()
}

fn release(number: u64) -> InventoryCommand {
    ReleaseStock { sku: sku(), order_id: order(number) }.into()
}

fn ship(number: u64) -> InventoryCommand {
    ShipStock { sku: sku(), order_id: order(number) }.into()
}

fn received(quantity: u32) -> InventoryEvent {
    StockReceived { sku: sku(), quantity: pieces(quantity) }.into()
}

fn reserved(number: u64, quantity: u32) -> InventoryEvent {
    StockReserved { sku: sku(), order_id: order(number), quantity: pieces(quantity) }.into()
}

fn failed(number: u64, quantity: u32, because: ReservationFailure) -> InventoryEvent {
    StockReservationFailed { sku: sku(), order_id: order(number), quantity: pieces(quantity), because }.into()
}

fn released(number: u64, quantity: u32) -> InventoryEvent {
    StockReleased { sku: sku(), order_id: order(number), quantity }.into()
}

fn shipped(number: u64, quantity: u32) -> InventoryEvent {
    StockShipped { sku: sku(), order_id: order(number), quantity: pieces(quantity) }.into()
}

const NONE_LEFT: ReservationFailure = ReservationFailure::NotEnough { available: 0 };

#[test]
fn what_comes_in_can_be_reserved() {
    given::<Inventory>([])
        .when(receive(3))
        .then([received(3)])
        .when(reserve(1, 2))
        .then([reserved(1, 2)])
        .when(reserve(2, 2))
        .then([failed(2, 2, ReservationFailure::NotEnough { available: 1 })])
        .when(reserve(3, 1))
        .then([reserved(3, 1)]);
}

#[test]
fn the_last_piece_goes_to_one_buyer() {
    let mut story = given::<Inventory>([received(1)]).when(reserve(1, 1)).then([reserved(1, 1)]);
    for number in 2..=50 {
        story = story.when(reserve(number, 1)).then([failed(number, 1, NONE_LEFT)]);
    }
    assert_eq!((story.state().available, story.state().reserved()), (0, 1));
}

#[test]
fn a_reservation_that_is_asked_for_again_changes_nothing() {
    given::<Inventory>([received(9), reserved(1, 2)]).when(reserve(1, 2)).then_nothing();
}

#[test]
fn a_reservation_of_another_number_is_refused() {
    given::<Inventory>([received(9), reserved(1, 2)]).when(reserve(1, 3)).then_rejected(
        InventoryRejection::ReservedDifferently { order_id: order(1), held: pieces(2), asked: pieces(3) },
    );
}

#[test]
fn what_is_refused_stays_refused_although_more_comes_in() {
    given::<Inventory>([failed(1, 2, NONE_LEFT), received(9)]).when(reserve(1, 2)).then_nothing();
}

#[test]
fn what_is_released_can_be_reserved_by_another() {
    given::<Inventory>([received(2), reserved(1, 2)])
        .when(release(1))
        .then([released(1, 2)])
        .when(release(1))
        .then_nothing()
        .when(reserve(2, 2))
        .then([reserved(2, 2)]);
}

#[test]
fn a_release_that_overtakes_its_reservation_makes_it_fail() {
    given::<Inventory>([received(2)])
        .when(release(1))
        .then([released(1, 0)])
        .when(reserve(1, 2))
        .then([failed(1, 2, ReservationFailure::ReleasedBefore)])
        .when(reserve(1, 2))
        .then_nothing()
        .when(release(1))
        .then_nothing();
}

#[test]
fn the_release_of_what_was_refused_is_answered_once() {
    given::<Inventory>([failed(1, 2, NONE_LEFT)])
        .when(release(1))
        .then([released(1, 0)])
        .when(release(1))
        .then_nothing()
        .when(reserve(1, 2))
        .then_nothing();
}

#[test]
fn what_is_held_leaves_the_house_once() {
    given::<Inventory>([received(2), reserved(1, 2)]).when(ship(1)).then([shipped(1, 2)]).when(ship(1)).then_nothing();
}

#[test]
fn what_left_is_neither_released_nor_reserved_again() {
    let past = [received(9), reserved(1, 2), shipped(1, 2)];
    given::<Inventory>(past.clone())
        .when(release(1))
        .then_rejected(InventoryRejection::AlreadyShipped { order_id: order(1) });
    given::<Inventory>(past).when(reserve(1, 2)).then_nothing();
}

#[test]
fn what_is_not_held_does_not_leave() {
    let refused = || InventoryRejection::NotReserved { order_id: order(1) };
    given::<Inventory>([received(9)]).when(ship(1)).then_rejected(refused());
    given::<Inventory>([received(9), failed(1, 10, NONE_LEFT)]).when(ship(1)).then_rejected(refused());
    given::<Inventory>([received(9), reserved(1, 2), released(1, 2)]).when(ship(1)).then_rejected(refused());
}

#[test]
fn quantities_out_of_range_are_refused() {
    for quantity in [0, Quantity::MAX + 1] {
        given::<Inventory>([]).when(receive(quantity)).then_rejected_by("QuantityOutOfRange");
        given::<Inventory>([]).when(reserve(1, quantity)).then_rejected_by("QuantityOutOfRange");
    }
}

#[test]
fn any_command_given_twice_adds_nothing_the_second_time() {
    let pasts = [
        vec![],
        vec![received(2)],
        vec![received(2), reserved(1, 1)],
        vec![received(2), released(1, 0)],
        vec![received(2), failed(1, 3, NONE_LEFT)],
        vec![received(2), reserved(1, 1), released(1, 1)],
        vec![received(2), reserved(1, 1), shipped(1, 1)],
    ];
    for past in pasts {
        for command in [receive(1), reserve(1, 1), reserve(1, 5), release(1), ship(1)] {
            assert_idempotent::<Inventory>(past.clone(), &command);
        }
    }
}

#[test]
fn whatever_is_asked_received_is_available_and_reserved_and_shipped() {
    for seed in 0..200 {
        let chance = MemoryIds::seeded(seed);
        let mut shelf = StockState::default();
        let mut came_in = 0_u64;
        for step in 0..200 {
            let number = chance.bits() % 12;
            let quantity = (chance.bits() % 4) as u32;
            let command = match chance.bits() % 5 {
                0 => receive(quantity),
                1 | 2 => reserve(number, quantity),
                3 => release(number),
                _ => ship(number),
            };
            let Ok(events) = Inventory::decide(&shelf, &command) else { continue };
            for event in &events {
                if let InventoryEvent::StockReceived(received) = event {
                    came_in += u64::from(received.quantity.get());
                }
                if let InventoryEvent::StockReserved(reserved) = event {
                    assert!(
                        u64::from(reserved.quantity.get()) <= shelf.available,
                        "seed {seed}, step {step}: oversold"
                    );
                }
            }
            shelf = fold::<Inventory>(shelf, &events);
            let accounted = shelf.available + shelf.reserved() + shelf.shipped;
            assert_eq!(accounted, came_in, "seed {seed}, step {step}: {command:?}");
        }
    }
}

#[test]
fn only_the_newest_closed_reservations_are_remembered_and_all_open_ones() {
    let many = MAX_CLOSED_RESERVATIONS as u64 + 50;
    let open = (0..many).map(|number| reserved(number, 1));
    let closed = (1000..1000 + many).map(|number| released(number, 0));
    let story = given::<Inventory>([received(1000)].into_iter().chain(open).chain(closed));
    assert_eq!(story.state().open.len() as u64, many);
    assert_eq!(story.state().closed.len(), MAX_CLOSED_RESERVATIONS);
    assert_eq!(story.state().closed(&order(1049)), None, "the oldest are forgotten");
    assert_eq!(story.state().closed(&order(1050)), Some(ReservationEnd::Released));
}

#[test]
fn the_stock_view_counts_what_the_shelf_counts() {
    let past = [received(9), reserved(1, 2), reserved(2, 3), failed(3, 9, NONE_LEFT), released(1, 2), shipped(2, 3)];
    let story = given_view::<Stock>(past);
    let place = story.row().position.unwrap();
    assert_eq!((place.list.as_str(), place.sort_key.as_str()), (Stock::LIST, "s-1"));
    story.then_row(StockRow { sku: "s-1".parse().unwrap(), received: 9, available: 6, reserved: 0, shipped: 3 });
}

#[test]
fn a_shelf_that_never_held_anything_still_has_its_row() {
    let row = StockRow { sku: "s-1".parse().unwrap(), received: 0, available: 0, reserved: 0, shipped: 0 };
    assert!(row.is_low());
    given_view::<Stock>([failed(1, 1, NONE_LEFT)]).then_row(row);
}
