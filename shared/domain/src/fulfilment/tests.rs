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
    inventory::{
        ReleaseStock, ReservationFailure, ReserveStock, ShipStock, StockReleased, StockReservationFailed,
        StockReserved, StockShipped,
    },
    money::{Currency, Money},
    order::{
        CancelOrder, CompleteOrder, ConfirmOrder, OrderCancelled, OrderCompleted, OrderConfirmed, OrderDelivered,
        OrderLine, OrderPaid, OrderPlaced, OrderShipped,
    },
    payment::{PaymentFailed, PaymentFailure, PaymentRefunded, PaymentVoided, ProcessPayment, RefundPayment},
    quantity::Quantity,
    shipment::{CancelShipping, ScheduleShipping, ShipOrder, ShippingCancelled, ShippingScheduled},
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
        total: TOTAL,
        shipping_address: None,
        contact_email: None,
        payment_token: None,
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

const TOTAL: Money = Money { amount: 300, currency: Currency::EUR };

fn paid() -> OrderPaid {
    OrderPaid { order_id: order_id(), amount: TOTAL }
}

fn declined() -> PaymentFailed {
    let because = PaymentFailure::Declined { reason: "card expired".to_owned() };
    PaymentFailed { order_id: order_id(), user_id: "u-1".parse().unwrap(), because }
}

fn refunded() -> PaymentRefunded {
    PaymentRefunded { order_id: order_id(), amount: TOTAL, refund_id: "re-1".parse().unwrap() }
}

fn voided() -> PaymentVoided {
    PaymentVoided { order_id: order_id() }
}

fn scheduled() -> ShippingScheduled {
    ShippingScheduled { order_id: order_id(), address: None }
}

fn unscheduled() -> ShippingCancelled {
    ShippingCancelled { order_id: order_id() }
}

fn confirmed() -> OrderConfirmed {
    OrderConfirmed { order_id: order_id() }
}

fn cancelled(reason: &str) -> OrderCancelled {
    OrderCancelled { order_id: order_id(), reason: reason.to_owned() }
}

fn shipped() -> OrderShipped {
    OrderShipped { order_id: order_id(), tracking: "o-1".parse().unwrap() }
}

fn left(text: &str) -> StockShipped {
    StockShipped { sku: sku(text), order_id: order_id(), quantity: Quantity::ONE }
}

fn delivered() -> OrderDelivered {
    OrderDelivered { order_id: order_id() }
}

fn completed() -> OrderCompleted {
    OrderCompleted { order_id: order_id() }
}

fn pay() -> Effect {
    let (user_id, payment_token) = ("u-1".parse().unwrap(), "u-1".parse().unwrap());
    send(&order_id(), &ProcessPayment { order_id: order_id(), user_id, amount: TOTAL, payment_token })
}

fn refund(reason: &str) -> Effect {
    send(&order_id(), &RefundPayment { order_id: order_id(), reason: reason.to_owned() })
}

fn schedule() -> Effect {
    send(&order_id(), &ScheduleShipping { order_id: order_id(), address: None })
}

fn unschedule() -> Effect {
    send(&order_id(), &CancelShipping { order_id: order_id() })
}

fn dispatch() -> Effect {
    send(&order_id(), &ShipOrder { order_id: order_id(), tracking: None })
}

fn ship(text: &str) -> Effect {
    send(&sku(text), &ShipStock { sku: sku(text), order_id: order_id() })
}

fn complete() -> Effect {
    send(&order_id(), &CompleteOrder { order_id: order_id() })
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
    send(&order_id(), &CancelOrder::unless_confirmed(order_id(), reason))
}

fn send<T>(id: &causeway::Id<T>, message: &impl Message) -> Effect {
    Effect::send(id, message)
}

fn started() -> GivenSaga<Fulfilment> {
    given_saga::<Fulfilment>(order_id()).when(placed())
}

fn paying() -> GivenSaga<Fulfilment> {
    started().when(reserved("tea", 1)).then([]).when(reserved("mug", 2)).then([pay()])
}

fn scheduling() -> GivenSaga<Fulfilment> {
    paying().when(paid()).then([schedule()])
}

fn confirming() -> GivenSaga<Fulfilment> {
    scheduling().when(scheduled()).then([confirm()])
}

fn dispatching() -> GivenSaga<Fulfilment> {
    confirming().when(confirmed()).then([dispatch()])
}

fn delivering() -> GivenSaga<Fulfilment> {
    dispatching().when(shipped()).then([ship("mug"), ship("tea")])
}

#[test]
fn a_placed_order_has_every_line_reserved_until_a_deadline() {
    let story = started().then([reserve("mug", 2), reserve("tea", 1)]).then_status(Status::Running);
    assert_eq!(story.deadline(), Some("2026-01-01T00:15:00Z".parse().unwrap()));
}

#[test]
fn an_order_is_reserved_paid_scheduled_confirmed_dispatched_delivered_and_completed() {
    let story = delivering().when(left("mug")).then([]).when(delivered()).then([]).when(left("tea")).then([complete()]);
    story.when(completed()).then([]).then_status(Status::Completed);
}

#[test]
fn an_order_is_paid_by_its_payment_method_and_shipped_to_its_address() {
    let token: crate::ids::PaymentToken = "card-ada".parse().unwrap();
    let [name, street, postal_code, city, country] = ["Ada", "1 Road", "10115", "Berlin", "DE"].map(str::to_owned);
    let address = crate::address::Address { name, street, postal_code, city, country };
    let order = OrderPlaced {
        payment_token: Some(token.clone()),
        shipping_address: Some(address.clone()),
        ..order_of(&[("mug", 2)])
    };
    let user_id = order.user_id.clone();
    let payment = ProcessPayment { order_id: order_id(), user_id, amount: TOTAL, payment_token: token };
    let story = given_saga::<Fulfilment>(order_id()).when(order).when(reserved("mug", 2));
    let story = story.then([send(&order_id(), &payment)]).when(paid());
    story.then([send(&order_id(), &ScheduleShipping { order_id: order_id(), address: Some(address) })]);
}

#[test]
fn a_declined_payment_releases_the_lines_and_cancels_the_order_with_the_reason() {
    let reason = "payment declined: card expired";
    let story = paying().when(declined()).then([cancel(reason)]).when(cancelled(reason));
    let story = story.then([release("tea"), release("mug")]).when(released("tea")).when(released("mug"));
    story.then([]).then_status(Status::Compensated);
}

#[test]
fn a_payment_in_doubt_is_refunded_before_anything_is_released() {
    let reason = "it took longer than 60 minutes to pay";
    let doubt = || paying().when_deadline_passes().then([cancel(reason)]).when(cancelled(reason));
    let story = doubt().then([refund(reason)]).when(voided()).then([release("tea"), release("mug")]);
    story.when(paid()).then([refund(reason)]).when(refunded()).then_nothing();
    // It was charged and the answer is late: the refund is on its way already.
    doubt().when(paid()).then([refund(reason)]).when(refunded()).then([release("tea"), release("mug")]);
}

#[test]
fn a_shipment_that_is_not_scheduled_in_time_is_cancelled_refunded_and_released_in_that_order() {
    let reason = "it took longer than 60 minutes to schedule";
    let story = scheduling().when_deadline_passes().then([cancel(reason)]).when(cancelled(reason));
    let story = story.then([unschedule()]).when(unscheduled()).then([refund(reason)]).when(refunded());
    let story = story.then([release("tea"), release("mug")]).when(released("tea")).when(released("mug"));
    let ended = story.then([]).then_status(Status::Compensated);
    // The shipment has the cancellation, so this can only be a second delivery; it is cancelled once more.
    ended.when(scheduled()).then([unschedule()]).then_status(Status::Compensated);
}

#[test]
fn a_buyer_who_cancels_a_confirmed_order_before_its_dispatch_gets_the_money_back() {
    // The shipment has decided; both of its consequences are under way.
    let order_first = dispatching().when(cancelled(CHANGED_MIND)).then([unschedule()]).when(unscheduled());
    let shipment_first = dispatching().when(unscheduled()).then([]).when(cancelled(CHANGED_MIND));
    for story in [order_first, shipment_first] {
        let story = story.then([refund(CHANGED_MIND)]).when(confirmed()).then_nothing().when(refunded());
        let story = story.then([release("tea"), release("mug")]).when(released("tea")).when(released("mug"));
        story.then([]).then_status(Status::Compensated);
    }
    confirming().when(cancelled(CHANGED_MIND)).then([unschedule()]).when(confirmed()).then_nothing();
}

#[test]
fn a_cancellation_of_what_is_shipped_is_shown_to_an_operator() {
    delivering().when(cancelled(CHANGED_MIND)).then([]).then_status(Status::NeedsOperator);
    let story = delivering().when(AbortFulfilment { order_id: order_id(), reason: CHANGED_MIND.to_owned() });
    story.then_rejected_by("PastPivot");
}

#[test]
fn a_parcel_that_does_not_arrive_is_waited_for_again_and_then_shown_to_an_operator() {
    let waiting = delivering().when(left("mug")).when(left("tea")).then([]);
    let story = waiting.when_deadline_passes().then([]).then_status(Status::Running).when_deadline_passes();
    let stuck = story.when_deadline_passes().then([]).then_status(Status::NeedsOperator);
    let resumed = stuck.when(ResumeFulfilment { order_id: order_id() }).then([]).then_status(Status::Running);
    resumed.when(delivered()).then([complete()]);
}

#[test]
fn a_dispatch_without_an_answer_is_asked_for_again() {
    let story = dispatching().when_deadline_passes().then([dispatch()]).then_status(Status::Running);
    story.when(shipped()).then([ship("mug"), ship("tea")]);
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
    doubt().when(confirmed()).then([dispatch()]).then_status(Status::Running);
    doubt().when(cancelled(reason)).then([unschedule()]).when(confirmed()).then_nothing();
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
    paying()
        .when(cancelled(CHANGED_MIND))
        .then([refund(CHANGED_MIND)])
        .when(voided())
        .then([release("tea"), release("mug")]);
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
fn an_order_that_was_paid_shipped_and_confirmed_by_hand_only_has_its_open_steps_done() {
    let story = started().when(paid()).when(confirmed()).when(shipped()).then([]).when(reserved("mug", 2)).then([]);
    let story = story.when(reserved("tea", 1)).then([schedule()]).when(scheduled()).then([ship("mug"), ship("tea")]);
    story.then_status(Status::Running);
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
    let (user_id, payment_token) = ("u-1".parse().unwrap(), "u-1".parse().unwrap());
    let data = FulfilmentOrder { lines, user_id, total: TOTAL, payment_token, address: None };
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
