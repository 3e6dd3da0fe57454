//! Stories of messages that come early, late, twice, or that nobody here asked for.

use causeway::{saga::process::Status, testing::given_process};
use jiff::SignedDuration;

use super::*;

#[test]
fn a_deadline_that_was_moved_is_not_the_second_one() {
    let story = begun().after(SignedDuration::from_mins(1));
    let first = story.now() - SignedDuration::from_mins(1) + TIME_TO_FULFIL;
    story.when(refused(tea())).when(passed(first)).then_nothing().then_status(Status::Compensating);
}

#[test]
fn a_timer_after_the_end_changes_nothing() {
    let story = begun();
    let deadline = story.now() + TIME_TO_FULFIL;
    let story = story.when(reserved(mug())).when(reserved(tea())).when(confirmed());
    story.when(passed(deadline)).then_nothing().then_status(Status::Completed);
}

#[test]
fn an_order_cancelled_while_it_is_confirmed_follows_the_order_in_either_order_of_the_facts() {
    let asked = || begun().when(reserved(mug())).when(reserved(tea())).then_sends([confirm()]);
    asked()
        .when(confirmed())
        .then_status(Status::Completed)
        .when(cancelled())
        .then([returned_event(&["tea", "mug"], ReturnReason::OrderCancelled)])
        .then_sends([release("tea"), release("mug")])
        .then_status(Status::Completed)
        .when(cancelled())
        .then_nothing()
        .when(released("mug"))
        .then_nothing();
    asked()
        .when(cancelled())
        .when(confirmed())
        .then_nothing()
        .when(released("mug"))
        .when(released("tea"))
        .then_status(Status::Compensated);
}

#[test]
fn a_reservation_that_comes_too_late_is_given_back_once() {
    begun()
        .when(cancelled())
        .when(released("mug"))
        .when(released("tea"))
        .then_status(Status::Compensated)
        .when(reserved(mug()))
        .then([returned_event(&["mug"], ReturnReason::ReservedTooLate)])
        .then_sends([release("mug")])
        .when(reserved(mug()))
        .then_nothing()
        .then_status(Status::Compensated);
}

#[test]
fn a_repeat_of_what_was_reserved_in_time_is_not_late() {
    begun().when(reserved(mug())).when(cancelled()).when(reserved(mug())).then_nothing();
}

#[test]
fn an_order_cancelled_before_anything_was_begun_is_compensated_and_never_begins() {
    given_process::<Fulfilment>()
        .when(cancelled())
        .then([compensated_event(MIND)])
        .when(placed())
        .then_nothing()
        .then_status(Status::Compensated);
}

#[test]
fn facts_that_come_before_the_order_are_not_lost() {
    let early = given_process::<Fulfilment>()
        .when(reserved(mug()))
        .when(confirmed())
        .when(reserved(tea()))
        .when(reserved(tea()))
        .then_nothing()
        .then_status(Status::NotStarted);
    early.when(placed()).then_status(Status::Completed);
    given_process::<Fulfilment>().when(refused(tea())).when(placed()).then_status(Status::Compensating);
}

#[test]
fn what_was_reserved_by_hand_for_an_order_that_never_begins_is_given_back() {
    given_process::<Fulfilment>()
        .when(reserved(mug()))
        .when(cancelled())
        .then([returned_event(&["mug"], ReturnReason::OrderCancelled), compensated_event(MIND)])
        .then_sends([release("mug")]);
}

#[test]
fn an_order_confirmed_by_hand_is_completed_when_it_has_all_it_needs() {
    begun()
        .when(confirmed())
        .then_status(Status::Running)
        .when(reserved(mug()))
        .when(reserved(tea()))
        .then_sends([])
        .then_status(Status::Completed);
}

#[test]
fn a_line_that_somebody_else_released_undoes_the_rest() {
    begun()
        .when(reserved(mug()))
        .when(released("mug"))
        .then_sends([release("tea"), release("mug")])
        .when(released("tea"))
        .then_sends([cancel("mug: somebody else released it")]);
}

#[test]
fn a_reservation_of_another_number_is_not_the_line_that_was_asked_for() {
    let other = FulfilmentLine { quantity: Quantity::ONE, ..mug() };
    begun().when(reserved(other)).then_nothing().when(reserved(tea())).then_sends([]).then_status(Status::Running);
}
