//! Stories of fulfilments whose messages come as one expects; `untimely` and `chaos` have the others.

mod chaos;
mod untimely;

use causeway::{
    Effect, Process,
    saga::process::Status,
    testing::{given_process, given_view},
};
use jiff::Timestamp;

use super::*;
use crate::{
    ids::{OrderId, Sku},
    inventory::{ReleaseStock, ReserveStock},
    order::{CancelOrder, ConfirmOrder},
    quantity::Quantity,
};

const REFUSED: &str = "tea: 1 wanted, 0 available";
const MIND: &str = "I changed my mind";

fn order_id() -> OrderId {
    "o-1".parse().unwrap()
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn mug() -> FulfilmentLine {
    FulfilmentLine { sku: sku("mug"), quantity: Quantity::new(2).unwrap() }
}

fn tea() -> FulfilmentLine {
    FulfilmentLine { sku: sku("tea"), quantity: Quantity::ONE }
}

fn input(fact: Trigger) -> impl FnOnce(Timestamp) -> FulfilmentInput {
    move |at| FulfilmentInput { order_id: order_id(), at, trigger: fact }
}

fn placed() -> impl FnOnce(Timestamp) -> FulfilmentInput {
    |at| FulfilmentInput {
        order_id: order_id(),
        at,
        trigger: Trigger::OrderPlaced { placed_at: at, lines: vec![mug(), tea()] },
    }
}

fn reserved(line: FulfilmentLine) -> impl FnOnce(Timestamp) -> FulfilmentInput {
    input(Trigger::StockReserved { line })
}

fn refused(line: FulfilmentLine) -> impl FnOnce(Timestamp) -> FulfilmentInput {
    input(Trigger::StockReservationFailed { line, because: "0 available".to_owned() })
}

fn released(text: &str) -> impl FnOnce(Timestamp) -> FulfilmentInput {
    input(Trigger::StockReleased { sku: sku(text) })
}

fn confirmed() -> impl FnOnce(Timestamp) -> FulfilmentInput {
    input(Trigger::OrderConfirmed)
}

fn cancelled() -> impl FnOnce(Timestamp) -> FulfilmentInput {
    input(Trigger::OrderCancelled { reason: MIND.to_owned() })
}

fn passed(deadline: Timestamp) -> impl FnOnce(Timestamp) -> FulfilmentInput {
    input(Trigger::DeadlinePassed { deadline })
}

fn reserve(line: FulfilmentLine) -> Effect {
    let FulfilmentLine { sku, quantity } = line;
    Effect::send(&sku.clone(), &ReserveStock { sku, order_id: order_id(), quantity: quantity.get() })
}

fn release(text: &str) -> Effect {
    Effect::send(&sku(text), &ReleaseStock { sku: sku(text), order_id: order_id() })
}

fn confirm() -> Effect {
    Effect::send(&order_id(), &ConfirmOrder { order_id: order_id() })
}

fn cancel(reason: &str) -> Effect {
    Effect::send(&order_id(), &CancelOrder { order_id: order_id(), reason: reason.to_owned() })
}

fn completed_event() -> FulfilmentEvent {
    FulfilmentCompleted { order_id: order_id() }.into()
}

fn compensated_event(reason: &str) -> FulfilmentEvent {
    FulfilmentCompensated { order_id: order_id(), reason: reason.to_owned() }.into()
}

fn returned_event(skus: &[&str], because: ReturnReason) -> FulfilmentEvent {
    let skus = skus.iter().map(|text| sku(text)).collect();
    ReservationsReturned { order_id: order_id(), skus, because }.into()
}

fn begun() -> causeway::testing::GivenProcess<Fulfilment> {
    given_process::<Fulfilment>().when(placed())
}

#[test]
fn a_placed_order_has_every_line_reserved_until_a_deadline() {
    let story = begun();
    let deadline = story.now() + TIME_TO_FULFIL;
    let started = FulfilmentStarted { order_id: order_id(), lines: vec![mug(), tea()], deadline };
    story
        .then([started.into()])
        .then_sends([reserve(mug()), reserve(tea())])
        .then_waits_for(["deadline"])
        .then_status(Status::Running);
}

#[test]
fn an_order_that_has_all_it_needs_is_confirmed_and_completed() {
    begun()
        .when(reserved(tea()))
        .then_sends([])
        .when(reserved(mug()))
        .then_sends([confirm()])
        .then_status(Status::Running)
        .when(confirmed())
        .then([completed_event()])
        .then_waits_for([])
        .then_status(Status::Completed);
}

#[test]
fn a_refused_line_releases_the_others_and_cancels_the_order_with_the_reason() {
    begun()
        .when(reserved(mug()))
        .when(refused(tea()))
        .then_sends([release("mug")])
        .then_waits_for(["deadline"])
        .then_status(Status::Compensating)
        .when(released("mug"))
        .then_sends([cancel(REFUSED)])
        .when(cancelled())
        .then([compensated_event(REFUSED)])
        .then_waits_for([])
        .then_status(Status::Compensated);
}

#[test]
fn what_was_asked_and_not_answered_is_released_as_well_and_the_last_first() {
    let story = begun();
    let deadline = story.now() + TIME_TO_FULFIL;
    let story = story.after(TIME_TO_FULFIL).when(passed(deadline)).then_sends([release("tea"), release("mug")]);
    assert_eq!(Fulfilment::status(story.state()), Status::Compensating);
    story
        .when(released("tea"))
        .then_sends([])
        .when(released("mug"))
        .then_sends([cancel("it took longer than 15 minutes")]);
}

#[test]
fn a_single_line_that_is_refused_cancels_the_order_at_once() {
    let one = |at| FulfilmentInput {
        order_id: order_id(),
        at,
        trigger: Trigger::OrderPlaced { placed_at: at, lines: vec![tea()] },
    };
    given_process::<Fulfilment>().when(one).when(refused(tea())).then_sends([cancel(REFUSED)]);
}

#[test]
fn a_second_deadline_calls_for_somebody() {
    let story = begun().when(refused(tea()));
    let second = story.now() + TIME_TO_UNDO;
    let story = story.after(TIME_TO_UNDO).when(passed(second)).then_status(Status::NeedsOperator);
    story.then_sends([cancel(REFUSED)]).when(passed(second)).then_nothing();
}

#[test]
fn a_customer_who_cancels_gets_everything_released_and_no_second_cancellation() {
    begun()
        .when(reserved(mug()))
        .when(cancelled())
        .then_sends([release("tea"), release("mug")])
        .when(released("mug"))
        .when(released("tea"))
        .then([FulfilmentLineReleased { order_id: order_id(), sku: sku("tea") }.into(), compensated_event(MIND)])
        .then_sends([])
        .then_status(Status::Compensated);
}

#[test]
fn a_customer_who_cancels_while_it_is_undone_is_noted() {
    begun()
        .when(refused(tea()))
        .when(cancelled())
        .then_sends([])
        .when(cancelled())
        .then_nothing()
        .when(released("mug"))
        .then_sends([])
        .then_status(Status::Compensated);
}

#[test]
fn the_board_shows_where_each_fulfilment_stands_by_its_deadline() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let started = FulfilmentStarted { order_id: order_id(), lines: vec![mug()], deadline: at("2026-01-01T00:15:00Z") };
    let compensating = FulfilmentCompensating {
        order_id: order_id(),
        reason: REFUSED.to_owned(),
        order_cancelled: false,
        refused: None,
        release: vec![sku("mug")],
        deadline: at("2026-01-01T00:20:00Z"),
    };
    let place = |events: Vec<FulfilmentEvent>| {
        let place = given_view::<ProcessBoard>(events).row().position.unwrap();
        (place.list, place.sort_key)
    };
    let running = place(vec![started.clone().into()]);
    assert_eq!(running, ("running".to_owned(), "2026-01-01T00:15:00.000000000Z/s-1".to_owned()));
    let undone = place(vec![started.clone().into(), compensating.clone().into()]);
    assert_eq!(undone, ("compensating".to_owned(), "2026-01-01T00:20:00.000000000Z/s-1".to_owned()));
    let ended = vec![started.into(), compensating.into(), compensated_event(REFUSED)];
    assert_eq!(place(ended.clone()).0, ProcessBoard::list_of(Status::Compensated));
    given_view::<ProcessBoard>(ended).then_row(ProcessBoardRow {
        order_id: "s-1".parse().unwrap(),
        status: Status::Compensated,
        deadline: None,
        reason: Some(REFUSED.to_owned()),
    });
}
