//! Tests of the stock of an item and of its view.

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
fn received_pieces_can_be_reserved() {
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
fn the_last_piece_is_reserved_for_one_order() {
    let mut decided = given::<Inventory>([received(1)]).when(reserve(1, 1)).then([reserved(1, 1)]);
    for number in 2..=50 {
        decided = decided.when(reserve(number, 1)).then([failed(number, 1, NONE_LEFT)]);
    }
    assert_eq!((decided.state().available, decided.state().reserved()), (0, 1));
}

#[test]
fn a_repeated_reservation_changes_nothing() {
    given::<Inventory>([received(9), reserved(1, 2)]).when(reserve(1, 2)).then_nothing();
}

#[test]
fn a_repeated_reservation_of_another_quantity_is_rejected() {
    given::<Inventory>([received(9), reserved(1, 2)]).when(reserve(1, 3)).then_rejected(
        InventoryRejection::ReservedDifferently { order_id: order(1), reserved: pieces(2), requested: pieces(3) },
    );
}

#[test]
fn a_failed_reservation_stays_failed_although_more_is_received() {
    given::<Inventory>([failed(1, 2, NONE_LEFT), received(9)]).when(reserve(1, 2)).then_nothing();
}

#[test]
fn released_pieces_can_be_reserved_for_another_order() {
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
fn the_release_of_a_failed_reservation_is_recorded_once() {
    given::<Inventory>([failed(1, 2, NONE_LEFT)])
        .when(release(1))
        .then([released(1, 0)])
        .when(release(1))
        .then_nothing()
        .when(reserve(1, 2))
        .then_nothing();
}

#[test]
fn reserved_pieces_are_shipped_once() {
    given::<Inventory>([received(2), reserved(1, 2)]).when(ship(1)).then([shipped(1, 2)]).when(ship(1)).then_nothing();
}

#[test]
fn shipped_pieces_are_neither_released_nor_reserved_again() {
    let past = [received(9), reserved(1, 2), shipped(1, 2)];
    given::<Inventory>(past.clone())
        .when(release(1))
        .then_rejected(InventoryRejection::AlreadyShipped { order_id: order(1) });
    given::<Inventory>(past).when(reserve(1, 2)).then_nothing();
}

#[test]
fn pieces_that_are_not_reserved_are_not_shipped() {
    let rejection = || InventoryRejection::NotReserved { order_id: order(1) };
    given::<Inventory>([received(9)]).when(ship(1)).then_rejected(rejection());
    given::<Inventory>([received(9), failed(1, 10, NONE_LEFT)]).when(ship(1)).then_rejected(rejection());
    given::<Inventory>([received(9), reserved(1, 2), released(1, 2)]).when(ship(1)).then_rejected(rejection());
}

#[test]
fn quantities_out_of_range_are_rejected() {
    for quantity in [0, Quantity::MAX + 1] {
        given::<Inventory>([]).when(receive(quantity)).then_rejected_by("QuantityOutOfRange");
        given::<Inventory>([]).when(reserve(1, quantity)).then_rejected_by("QuantityOutOfRange");
    }
}

#[test]
fn every_command_is_idempotent() {
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
fn after_any_commands_received_equals_available_plus_reserved_plus_shipped() {
    for seed in 0..200 {
        let rng = MemoryIds::seeded(seed);
        let mut stock = StockState::default();
        let mut received_in_all = 0_u64;
        for step in 0..200 {
            let number = rng.bits() % 12;
            let quantity = (rng.bits() % 4) as u32;
            let command = match rng.bits() % 5 {
                0 => receive(quantity),
                1 | 2 => reserve(number, quantity),
                3 => release(number),
                _ => ship(number),
            };
            let Ok(events) = Inventory::decide(&stock, &command) else { continue };
            for event in &events {
                if let InventoryEvent::StockReceived(received) = event {
                    received_in_all += u64::from(received.quantity.get());
                }
                if let InventoryEvent::StockReserved(reserved) = event {
                    assert!(
                        u64::from(reserved.quantity.get()) <= stock.available,
                        "seed {seed}, step {step}: oversold"
                    );
                }
            }
            stock = fold::<Inventory>(stock, &events);
            let accounted = stock.available + stock.reserved() + stock.shipped;
            assert_eq!(accounted, received_in_all, "seed {seed}, step {step}: {command:?}");
        }
    }
}

#[test]
fn the_state_has_the_newest_closed_reservations_and_all_open_ones() {
    let many = MAX_CLOSED_RESERVATIONS as u64 + 50;
    let open = (0..many).map(|number| reserved(number, 1));
    let closed = (1000..1000 + many).map(|number| released(number, 0));
    let decided = given::<Inventory>([received(1000)].into_iter().chain(open).chain(closed));
    assert_eq!(decided.state().open.len() as u64, many);
    assert_eq!(decided.state().closed.len(), MAX_CLOSED_RESERVATIONS);
    assert_eq!(decided.state().closed(&order(1049)), None, "the oldest are dropped");
    assert_eq!(decided.state().closed(&order(1050)), Some(ReservationEnd::Released));
}

#[test]
fn the_stock_view_has_the_numbers_of_the_stock() {
    let past = [received(9), reserved(1, 2), reserved(2, 3), failed(3, 9, NONE_LEFT), released(1, 2), shipped(2, 3)];
    let decided = given_view::<Stock>(past);
    let position = decided.row().position.unwrap();
    assert_eq!((position.list.as_str(), position.sort_key.as_str()), (Stock::LIST, "s-1"));
    decided.then_row(StockRow { sku: "s-1".parse().unwrap(), received: 9, available: 6, reserved: 0, shipped: 3 });
}

#[test]
fn an_item_without_stock_has_a_row() {
    let row = StockRow { sku: "s-1".parse().unwrap(), received: 0, available: 0, reserved: 0, shipped: 0 };
    assert!(row.is_low());
    given_view::<Stock>([failed(1, 1, NONE_LEFT)]).then_row(row);
}
