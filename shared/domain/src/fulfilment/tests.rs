//! Stories of fulfilments. What is true of every saga is tested with the engine; `chaos` has a fulfilment among real
//! orders and stock.

mod chaos;

use causeway::{
    Effect, Message,
    saga::process::Status,
    testing::{GivenSaga, given_saga, given_view},
};
use jiff::Timestamp;

use super::*;
use crate::{
    ids::{OrderId, Sku},
    inventory::{ReleaseStock, ReservationFailure, ReserveStock, StockReleased, StockReservationFailed, StockReserved},
    money::{Currency, Money},
    order::{CancelOrder, ConfirmOrder, OrderCancelled, OrderConfirmed, OrderLine, OrderPlaced},
    quantity::Quantity,
};

const REFUSED: &str = "tea: 1 wanted, 0 available";
const CHANGED_MIND: &str = "I changed my mind";

fn order_id() -> OrderId {
    "o-1".parse().unwrap()
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn order_of(lines: &[(&str, u32)]) -> OrderPlaced {
    let price = Money { amount: 100, currency: Currency::EUR };
    let line = |(text, quantity): &(&str, u32)| OrderLine {
        sku: sku(text),
        quantity: Quantity::new(*quantity).unwrap(),
        unit_price: price,
    };
    OrderPlaced {
        order_id: order_id(),
        user_id: "u-1".parse().unwrap(),
        lines: lines.iter().map(line).collect(),
        total: price,
        shipping_address: None,
        contact_email: None,
    }
}

fn placed() -> OrderPlaced {
    order_of(&[("mug", 2), ("tea", 1)])
}

fn reserved(text: &str, quantity: u32) -> StockReserved {
    StockReserved { sku: sku(text), order_id: order_id(), quantity: Quantity::new(quantity).unwrap() }
}

fn refused() -> StockReservationFailed {
    let because = ReservationFailure::NotEnough { available: 0 };
    StockReservationFailed { sku: sku("tea"), order_id: order_id(), quantity: Quantity::ONE, because }
}

fn released(text: &str) -> StockReleased {
    StockReleased { sku: sku(text), order_id: order_id(), quantity: 1 }
}

fn confirmed() -> OrderConfirmed {
    OrderConfirmed { order_id: order_id() }
}

fn cancelled(reason: &str) -> OrderCancelled {
    OrderCancelled { order_id: order_id(), reason: reason.to_owned() }
}

fn reserve(text: &str, quantity: u32) -> Effect {
    send(&sku(text), &ReserveStock { sku: sku(text), order_id: order_id(), quantity })
}

fn release(text: &str) -> Effect {
    send(&sku(text), &ReleaseStock { sku: sku(text), order_id: order_id() })
}

fn confirm() -> Effect {
    send(&order_id(), &ConfirmOrder { order_id: order_id() })
}

fn cancel(reason: &str) -> Effect {
    send(&order_id(), &CancelOrder { order_id: order_id(), reason: reason.to_owned() })
}

fn send<T>(id: &causeway::Id<T>, message: &impl Message) -> Effect {
    Effect::send(id, message)
}

fn started() -> GivenSaga<Fulfilment> {
    given_saga::<Fulfilment>(order_id()).when(placed())
}

fn confirming() -> GivenSaga<Fulfilment> {
    started().when(reserved("tea", 1)).then([]).when(reserved("mug", 2)).then([confirm()])
}

#[test]
fn a_placed_order_has_every_line_reserved_until_a_deadline() {
    let story = started().then([reserve("mug", 2), reserve("tea", 1)]).then_status(Status::Running);
    assert_eq!(story.deadline(), Some("2026-01-01T00:15:00Z".parse().unwrap()));
}

#[test]
fn an_order_whose_lines_are_all_reserved_is_confirmed_and_completed() {
    let story = confirming().then_status(Status::Running).when(confirmed());
    story.then([]).then_status(Status::Completed);
}

#[test]
fn a_line_that_cannot_be_reserved_cancels_the_order_with_the_reason_and_releases_the_others() {
    started()
        .when(reserved("mug", 2))
        .when(refused())
        .then([cancel(REFUSED)])
        .then_status(Status::Compensating)
        .when(cancelled(REFUSED))
        .then([release("mug")])
        .when(released("mug"))
        .then([])
        .then_status(Status::Compensated);
}

#[test]
fn lines_that_may_be_reserved_are_released_as_well_and_the_last_first() {
    let reason = "it took longer than 15 minutes to reserve";
    started()
        .when_deadline_passes()
        .then([cancel(reason)])
        .when(cancelled(reason))
        .then([release("tea"), release("mug")])
        .when(released("tea"))
        .then([])
        .when(released("mug"))
        .then_status(Status::Compensated);
}

#[test]
fn a_single_line_that_cannot_be_reserved_leaves_nothing_to_release() {
    let story = given_saga::<Fulfilment>(order_id()).when(order_of(&[("tea", 1)])).when(refused());
    story.then([cancel(REFUSED)]).when(cancelled(REFUSED)).then([]).then_status(Status::Compensated);
}

#[test]
fn an_order_in_doubt_decides_itself_whether_it_is_confirmed() {
    let reason = "it took longer than 15 minutes to confirm";
    let doubt = || confirming().when_deadline_passes().then([cancel(reason)]);
    doubt().when(confirmed()).then([]).then_status(Status::Completed);
    doubt().when(cancelled(reason)).then([release("tea"), release("mug")]).when(confirmed()).then_nothing();
}

#[test]
fn a_buyer_who_cancels_gets_everything_released() {
    started()
        .when(reserved("mug", 2))
        .when(cancelled(CHANGED_MIND))
        .then([release("tea"), release("mug")])
        .when(released("mug"))
        .when(released("tea"))
        .then([])
        .then_status(Status::Compensated);
    confirming().when(cancelled(CHANGED_MIND)).then([release("tea"), release("mug")]);
}

#[test]
fn an_order_cancelled_before_its_fulfilment_starts_reserves_nothing() {
    let story = given_saga::<Fulfilment>(order_id()).when(cancelled(CHANGED_MIND)).then([]);
    story.when(placed()).then([]).then_status(Status::Compensated);
}

#[test]
fn what_was_reserved_by_hand_for_a_cancelled_order_is_released() {
    let story = given_saga::<Fulfilment>(order_id()).when(reserved("mug", 2)).when(cancelled(CHANGED_MIND));
    story.when(placed()).then([release("mug")]).when(released("mug")).then_status(Status::Compensated);
}

#[test]
fn a_reservation_that_comes_too_late_is_released_once() {
    started()
        .when(cancelled(CHANGED_MIND))
        .when(released("mug"))
        .when(released("tea"))
        .then_status(Status::Compensated)
        .when(reserved("mug", 2))
        .then([release("mug")])
        .when(reserved("mug", 2))
        .then_nothing()
        .then_status(Status::Compensated);
}

#[test]
fn a_line_that_somebody_else_releases_cancels_the_order() {
    let story = started().when(reserved("mug", 2)).when(released("mug"));
    let reason = "reserve/mug: somebody else undid it";
    story.then([cancel(reason)]).when(cancelled(reason)).then([release("tea")]);
}

#[test]
fn a_reservation_of_another_quantity_is_not_that_of_the_line() {
    started().when(reserved("mug", 1)).then_nothing().when(reserved("tea", 1)).then([]).then_status(Status::Running);
}

#[test]
fn an_order_confirmed_by_hand_is_completed_when_its_lines_are_reserved() {
    let story = started().when(confirmed()).then([]).when(reserved("mug", 2)).then([]);
    story.when(reserved("tea", 1)).then([]).then_status(Status::Completed);
}

#[test]
fn releases_that_are_not_answered_need_an_operator() {
    let story = started().when(reserved("mug", 2)).when(refused()).when(cancelled(REFUSED)).then([release("mug")]);
    let story = story.when_deadline_passes().then([]).then_status(Status::NeedsOperator);
    let resumed = story.when(ResumeFulfilment { order_id: order_id() }).then([release("mug")]);
    resumed.when(released("mug")).then_status(Status::Compensated);
}

#[test]
fn the_board_shows_the_status_of_each_fulfilment_by_its_deadline() {
    use causeway::saga::event::Next;
    let until = |minute: u32| Next {
        deadline: Some(format!("2026-01-01T00:{minute}:00Z").parse::<Timestamp>().unwrap()),
        ..Next::default()
    };
    let lines = vec![FulfilmentLine { sku: sku("mug"), quantity: Quantity::ONE }];
    let data = FulfilmentOrder { lines };
    let (order_id, reason) = (order_id(), REFUSED.to_owned());
    let started: FulfilmentEvent =
        FulfilmentStarted { order_id: order_id.clone(), data, early: [].into(), next: until(15) }.into();
    let compensating: FulfilmentEvent =
        FulfilmentCompensating { order_id: order_id.clone(), reason: reason.clone(), next: until(20) }.into();
    let position = |events: Vec<FulfilmentEvent>| {
        let position = given_view::<ProcessBoard>(events).row().position.unwrap();
        (position.list, position.sort_key)
    };
    let running = position(vec![started.clone()]);
    assert_eq!(running, ("running".to_owned(), "2026-01-01T00:15:00.000000000Z/s-1".to_owned()));
    let undone = position(vec![started.clone(), compensating.clone()]);
    assert_eq!(undone, ("compensating".to_owned(), "2026-01-01T00:20:00.000000000Z/s-1".to_owned()));
    let confirmed =
        FulfilmentStepDone { order_id: order_id.clone(), step: "confirm".to_owned(), next: until(30) }.into();
    assert_eq!(position(vec![started.clone(), compensating.clone(), confirmed]).0, "running", "it was in doubt");
    let ended = vec![started, compensating, FulfilmentCompensated { order_id, reason }.into()];
    assert_eq!(position(ended.clone()).0, ProcessBoard::list_of(Status::Compensated));
    given_view::<ProcessBoard>(ended).then_row(ProcessBoardRow {
        order_id: "s-1".parse().unwrap(),
        status: Status::Compensated,
        deadline: None,
        reason: Some(REFUSED.to_owned()),
    });
}
