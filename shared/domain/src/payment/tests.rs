//! Tests of a payment and of its view.

use causeway::{
    Decider,
    command::decider::fold,
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};

use super::*;
use crate::{
    ids::{ChargeId, OrderId},
    money::{Currency, Money},
};

fn order() -> OrderId {
    "o-1".parse().unwrap()
}

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

fn process_command(amount: i64) -> ProcessPayment {
    let (user_id, payment_token) = ("u-1".parse().unwrap(), "tok_visa".parse().unwrap());
    ProcessPayment { order_id: order(), user_id, amount: euros(amount), payment_token }
}

fn process(amount: i64) -> PaymentInput {
    process_command(amount).into()
}

fn refund() -> PaymentInput {
    RefundPayment { order_id: order(), reason: "too late".to_owned() }.into()
}

fn charge(number: u64) -> ChargeId {
    format!("ch-{number}").parse().unwrap()
}

fn charged(number: u64, amount: i64) -> PaymentInput {
    PaymentInput::Charge(ChargeOutcome::Charged { charge_id: charge(number), amount: euros(amount) })
}

fn declined() -> PaymentInput {
    PaymentInput::Charge(ChargeOutcome::Declined { reason: "no funds".to_owned() })
}

fn closed() -> PaymentInput {
    PaymentInput::Charge(ChargeOutcome::Closed)
}

fn returned(amount: i64) -> PaymentInput {
    PaymentInput::Refund(Refunded { refund_id: "re-1".parse().unwrap(), amount: euros(amount) })
}

fn requested(amount: i64) -> PaymentEvent {
    let ProcessPayment { order_id, user_id, amount, payment_token } = process_command(amount);
    PaymentRequested { order_id, user_id, amount, payment_token }.into()
}

fn processed(amount: i64) -> PaymentEvent {
    let charge_id = (amount > 0).then(|| charge(1));
    PaymentProcessed { order_id: order(), user_id: "u-1".parse().unwrap(), amount: euros(amount), charge_id }.into()
}

fn failed(because: PaymentFailure) -> PaymentEvent {
    PaymentFailed { order_id: order(), user_id: "u-1".parse().unwrap(), because }.into()
}

fn failed_by_decline() -> PaymentEvent {
    failed(PaymentFailure::Declined { reason: "no funds".to_owned() })
}

fn refund_requested() -> PaymentEvent {
    PaymentRefundRequested { order_id: order(), reason: "too late".to_owned() }.into()
}

fn refunded(amount: i64) -> PaymentEvent {
    PaymentRefunded { order_id: order(), amount: euros(amount), refund_id: "re-1".parse().unwrap() }.into()
}

fn voided() -> PaymentEvent {
    PaymentVoided { order_id: order() }.into()
}

#[test]
fn a_payment_is_requested_before_it_is_charged() {
    given::<Payment>([])
        .when(process(100))
        .then([requested(100)])
        .when(process(100))
        .then_nothing()
        .when(charged(1, 100))
        .then([processed(100)])
        .when(charged(1, 100))
        .then_nothing()
        .when(process(100))
        .then_nothing();
}

#[test]
fn a_declined_payment_fails_with_the_providers_reason() {
    given::<Payment>([requested(100)])
        .when(declined())
        .then([failed_by_decline()])
        .when(declined())
        .then_nothing()
        .when(process(100))
        .then_nothing();
}

#[test]
fn a_payment_of_nothing_needs_no_provider() {
    given::<Payment>([])
        .when(process(0))
        .then([requested(0), processed(0)])
        .when(refund())
        .then([voided()])
        .when(refund())
        .then_nothing();
}

#[test]
fn a_payment_is_requested_with_one_content() {
    given::<Payment>([]).when(process(-1)).then_rejected(PaymentRejection::NegativeAmount { amount: euros(-1) });
    given::<Payment>([requested(100)]).when(process(101)).then_rejected(PaymentRejection::RequestedDifferently);
    let other_card = ProcessPayment { payment_token: "tok_other".parse().unwrap(), ..process_command(100) };
    given::<Payment>([requested(100), processed(100)])
        .when(other_card.into())
        .then_rejected(PaymentRejection::RequestedDifferently);
}

#[test]
fn all_that_was_charged_is_refunded_once() {
    given::<Payment>([requested(100), processed(100)])
        .when(refund())
        .then([refund_requested()])
        .when(refund())
        .then_nothing()
        .when(returned(100))
        .then([refunded(100)])
        .when(returned(100))
        .then_nothing()
        .when(refund())
        .then_nothing();
}

#[test]
fn a_refund_under_way_waits_for_the_outcome_of_the_charge() {
    let under_way = [requested(100), refund_requested()];
    given::<Payment>(under_way.clone()).when(returned(100)).then_rejected(PaymentRejection::NotRequested);
    given::<Payment>(under_way.clone())
        .when(charged(1, 100))
        .then([processed(100)])
        .when(returned(100))
        .then([refunded(100)]);
    given::<Payment>(under_way.clone()).when(declined()).then([failed_by_decline(), voided()]);
    given::<Payment>(under_way)
        .when(closed())
        .then([failed(PaymentFailure::Closed), voided()])
        .when(closed())
        .then_nothing();
}

#[test]
fn a_refund_that_overtakes_the_payment_makes_it_fail() {
    given::<Payment>([])
        .when(refund())
        .then([voided()])
        .when(process(100))
        .then([requested(100), failed(PaymentFailure::RefundedBefore)])
        .when(process(100))
        .then_nothing()
        .when(refund())
        .then_nothing();
}

#[test]
fn the_refund_of_a_failed_payment_is_answered_once() {
    given::<Payment>([requested(100), failed_by_decline()])
        .when(refund())
        .then([voided()])
        .when(refund())
        .then_nothing();
}

#[test]
fn a_charge_after_the_end_goes_back() {
    let late = PaymentRefundRequested { order_id: order(), reason: "charged after the payment had ended".to_owned() };
    for past in [vec![requested(100), failed_by_decline()], vec![requested(100), failed_by_decline(), voided()]] {
        given::<Payment>(past)
            .when(charged(1, 100))
            .then([processed(100), late.clone().into()])
            .when(returned(100))
            .then([refunded(100)]);
    }
}

#[test]
fn an_answer_that_contradicts_what_is_known_is_rejected() {
    let second = || PaymentRejection::ContradictsCharge { charge_id: charge(1) };
    for known in [
        vec![requested(100), processed(100)],
        vec![requested(100), processed(100), refund_requested()],
        vec![requested(100), processed(100), refund_requested(), refunded(100)],
    ] {
        for answer in [charged(2, 100), declined(), closed()] {
            given::<Payment>(known.clone()).when(answer).then_rejected(second());
        }
    }
    given::<Payment>([requested(100)])
        .when(charged(1, 99))
        .then_rejected(PaymentRejection::ChargedOtherAmount { charged: euros(99), requested: euros(100) });
    given::<Payment>([requested(100), processed(100), refund_requested()])
        .when(returned(99))
        .then_rejected(PaymentRejection::RefundedOtherAmount { refunded: euros(99), charged: euros(100) });
    for answer in [charged(1, 100), declined(), closed(), returned(100)] {
        given::<Payment>([]).when(answer.clone()).then_rejected(PaymentRejection::NotRequested);
        given::<Payment>([voided()]).when(answer).then_rejected(PaymentRejection::NotRequested);
    }
    given::<Payment>([requested(0), processed(0)]).when(charged(1, 0)).then_rejected(PaymentRejection::NotRequested);
}

#[test]
fn reasons_are_cut() {
    let long = "x".repeat(2_000);
    let command = RefundPayment { order_id: order(), reason: long.clone() };
    let expected = PaymentRefundRequested { order_id: order(), reason: "x".repeat(500) };
    given::<Payment>([requested(100)]).when(command.into()).then([expected.into()]);
    given::<Payment>([requested(100)])
        .when(PaymentInput::Charge(ChargeOutcome::Declined { reason: long }))
        .then([failed(PaymentFailure::Declined { reason: "x".repeat(500) })]);
}

#[test]
fn every_input_is_idempotent() {
    let pasts = [
        vec![],
        vec![voided()],
        vec![requested(100)],
        vec![requested(100), refund_requested()],
        vec![requested(100), failed_by_decline()],
        vec![requested(100), processed(100)],
        vec![requested(100), processed(100), refund_requested()],
        vec![requested(100), processed(100), refund_requested(), refunded(100)],
    ];
    for past in pasts {
        for input in [process(100), process(7), refund(), charged(1, 100), declined(), closed(), returned(100)] {
            assert_idempotent::<Payment>(past.clone(), &input);
        }
    }
}

/// Whatever arrives in whatever order: at most one charge and one refund of its amount, one answer to each command.
#[test]
fn after_any_inputs_the_books_add_up() {
    for seed in 0..2_000 {
        let rng = MemoryIds::seeded(seed);
        let mut state = PaymentState::default();
        let mut log: Vec<PaymentEvent> = Vec::new();
        let (mut paid, mut undone) = (false, false);
        for _ in 0..40 {
            let input = match rng.bits() % 8 {
                0 | 1 => process(100),
                2 => refund(),
                3 => charged(1, 100),
                4 => charged(rng.bits() % 3, [100, 99][(rng.bits() % 2) as usize]),
                5 => declined(),
                6 => closed(),
                _ => returned(100),
            };
            let Ok(events) = Payment::decide(&state, &input) else { continue };
            paid |= input == process(100);
            undone |= input == refund();
            state = fold::<Payment>(state, &events);
            log.extend(events);
        }
        let count = |is: fn(&PaymentEvent) -> bool| log.iter().filter(|event| is(event)).count();
        let charges = count(|event| matches!(event, PaymentEvent::PaymentProcessed(_)));
        let refunds = count(|event| matches!(event, PaymentEvent::PaymentRefunded(_)));
        let failures = count(|event| matches!(event, PaymentEvent::PaymentFailed(_)));
        let voids = count(|event| matches!(event, PaymentEvent::PaymentVoided(_)));
        let asked = count(|event| matches!(event, PaymentEvent::PaymentRefundRequested(_)));
        assert!(charges <= 1 && failures <= 1 && voids <= 1 && asked <= 2, "seed {seed}: {log:?}");
        assert!(refunds <= charges && refunds <= asked, "seed {seed}: {log:?}");
        let open = matches!(state, PaymentState::Requested(_) | PaymentState::Closing(_));
        assert_eq!(charges + failures > 0, paid && !open, "seed {seed}: {log:?}");
        let ended = matches!(state, PaymentState::Refunded(_) | PaymentState::Voided(_));
        let refunding = matches!(state, PaymentState::Closing(_) | PaymentState::Refunding(_));
        assert!(!undone || ended || refunding, "seed {seed}: {state:?} after {log:?}");
    }
}

#[test]
fn the_view_has_the_last_status_and_the_ids_of_the_provider() {
    let past = [requested(100), processed(100), refund_requested(), refunded(100)];
    let view = given_view::<PaymentSummary>(past);
    let position = view.row().position.unwrap();
    assert_eq!(position.list, "refunded");
    view.then_row(PaymentRow {
        order_id: "s-1".parse().unwrap(),
        user_id: Some("u-1".parse().unwrap()),
        amount: Some(euros(100)),
        status: PaymentStatus::Refunded,
        changed_at: "2026-01-01T00:00:03Z".parse().unwrap(),
        charge_id: Some(charge(1)),
        refund_id: Some("re-1".parse().unwrap()),
        reason: Some("too late".to_owned()),
    });
    let early = given_view::<PaymentSummary>([voided()]).row();
    assert_eq!(early.columns["status"], "voided");
}
