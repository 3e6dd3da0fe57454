//! Scenarios of suspicions, and the patterns of `infra/fraud-patterns.json`.

use causeway::{
    Decider, Effect, MessageId,
    testing::{given, given_view},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::{
    account::{MoneyDeposited, MoneyWithdrawn},
    ids::{OrderId, UserId},
    money::{Currency, Money},
    order::PlaceOrder,
    payment::{PaymentFailed, PaymentFailure},
    user::UserEmailUpdated,
};

fn user() -> UserId {
    "u-1".parse().unwrap()
}

fn order_id() -> OrderId {
    "o-1".parse().unwrap()
}

/// So many minutes after the beginning of 2026.
fn minute(minute: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn id(name: &str, at: i64) -> MessageId {
    format!("{name}-{at}").parse().unwrap()
}

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

fn failed(at: i64, because: PaymentFailure) -> FraudInput {
    let failed = PaymentFailed { order_id: order_id(), user_id: user(), because };
    FraudInput::Fact(Fact::payment_failed(&id("failed", at), minute(at), &failed))
}

fn declined(at: i64) -> FraudInput {
    failed(at, PaymentFailure::Declined { reason: "no money".to_owned() })
}

fn new_email(at: i64) -> FraudInput {
    let email = |name: &str| format!("{name}@example.com").try_into().unwrap();
    let updated = UserEmailUpdated { user_id: user(), previous_email: email("ada"), email: email("eve") };
    FraudInput::Fact(Fact::user_email_updated(&id("email", at), minute(at), &updated))
}

fn ordered(at: i64, total: i64) -> FraudInput {
    let placed = serde_json::from_value(json!({
        "orderId": "o-9",
        "userId": "u-1",
        "lines": [{ "sku": "tv", "quantity": 1, "unitPrice": euros(total) }],
        "total": euros(total),
    }));
    FraudInput::Fact(Fact::order_placed(&id("order", at), minute(at), &placed.unwrap()))
}

fn deposited(at: i64, amount: i64) -> FraudInput {
    let account_id = "a-1".parse().unwrap();
    let deposited = MoneyDeposited { account_id, amount: euros(amount), balance: euros(amount) };
    FraudInput::Fact(Fact::money_deposited(&id("deposit", at), minute(at), &user(), &deposited))
}

fn withdrawn(at: i64, account: &str, amount: i64) -> FraudInput {
    let withdrawn = MoneyWithdrawn { account_id: account.parse().unwrap(), amount: euros(amount), balance: euros(0) };
    FraudInput::Fact(Fact::money_withdrawn(&id("withdrawal", at), minute(at), &user(), &withdrawn))
}

/// The patterns that these facts find, in this order.
fn found(facts: impl IntoIterator<Item = FraudInput>) -> Vec<String> {
    let mut state = FraudState::default();
    let mut found = Vec::new();
    for fact in facts {
        for event in Fraud::decide(&state, &fact).unwrap() {
            if let FraudEvent::FraudSuspected(suspected) = &event {
                found.push(suspected.pattern.clone());
            }
            state = Fraud::evolve(state, &event);
        }
        // A state that was stored in between goes on.
        state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(Fraud::decide(&state, &fact).unwrap(), Vec::new(), "{fact:?}, a second time");
    }
    found
}

#[test]
fn three_declined_payments_in_ten_minutes_are_suspicious() {
    assert_eq!(found([declined(0), declined(5), declined(10)]), ["declined-payments"]);
    assert_eq!(found([declined(0), declined(5), declined(11)]), [""; 0], "the first was too early");
    assert_eq!(found([declined(0), declined(5), declined(11), declined(12)]), ["declined-payments"]);
    assert_eq!(found([declined(0), failed(1, PaymentFailure::Closed), declined(2)]), [""; 0], "one was not declined");
}

#[test]
fn a_large_order_within_an_hour_of_a_new_address_is_suspicious() {
    let name = "large-order-after-new-email";
    assert_eq!(found([new_email(0), ordered(60, 100_000)]), [name]);
    assert_eq!(found([new_email(0), ordered(61, 100_000)]), [""; 0]);
    assert_eq!(found([new_email(0), ordered(30, 99_999), ordered(40, 100_000)]), [name]);
    assert_eq!(found([ordered(0, 100_000), new_email(1)]), [""; 0]);
}

#[test]
fn money_that_passes_through_three_times_is_suspicious() {
    let pass = |at: i64, out: i64| [deposited(at, 1_000), withdrawn(at + 4, "a-1", out)];
    let three = [pass(0, 900), pass(10, 1_000), pass(20, 950)];
    assert_eq!(found(three.concat()), ["money-passed-through"]);
    assert_eq!(found([pass(0, 900), pass(10, 899), pass(20, 950)].concat()), [""; 0], "one was less than 90 %");
    let other = [deposited(20, 1_000), withdrawn(21, "a-2", 1_000)];
    assert_eq!(found([pass(0, 900), pass(10, 900), other].concat()), [""; 0], "from another account");
}

#[test]
fn a_fact_from_which_no_pattern_goes_on_is_not_recorded() {
    given::<Fraud>([]).when(ordered(0, 500_000)).then_nothing();
    given::<Fraud>([]).when(withdrawn(0, "a-1", 5)).then_nothing();
    assert_eq!(given::<Fraud>([]).when(new_email(0)).events().len(), 1);
}

#[test]
fn a_fact_that_is_a_little_older_than_the_newest_one_counts() {
    assert_eq!(found([declined(15), declined(5), declined(16)]), ["declined-payments"]);
    assert_eq!(found([declined(16), declined(5), declined(17)]), [""; 0]);
}

#[test]
fn a_fact_that_comes_again_later_counts_once() {
    let copies = [declined(0), declined(5), declined(0), declined(5), declined(0)];
    assert_eq!(found(copies), [""; 0]);
    let long_after = [declined(0), new_email(60), declined(0), declined(61), declined(0), declined(62), declined(0)];
    assert_eq!(found(long_after), [""; 0]);
}

fn order(id: &str) -> PlaceOrder {
    let price = json!({ "amount": 1499, "currency": "EUR" });
    let lines = json!([{ "sku": "mug", "quantity": 2, "unitPrice": price }]);
    serde_json::from_value(json!({ "orderId": id, "userId": "u-1", "lines": lines })).unwrap()
}

fn suspected() -> FraudEvent {
    let (pattern, match_id) = ("declined-payments".to_owned(), id("match", 0));
    FraudSuspected { user_id: user(), pattern, match_id, events: vec![id("failed", 0)] }.into()
}

fn held() -> FraudEvent {
    OrderHeld { user_id: user(), order: order("o-1") }.into()
}

fn released() -> FraudEvent {
    HoldReleased { user_id: user(), order: order("o-1") }.into()
}

fn rejected() -> FraudEvent {
    HoldRejected { user_id: user(), order_id: order_id(), reason: "stolen".to_owned() }.into()
}

fn release() -> FraudInput {
    FraudInput::Command(ReleaseHold { user_id: user(), order_id: order_id() }.into())
}

fn reject(reason: &str) -> FraudInput {
    FraudInput::Command(RejectHold { user_id: user(), order_id: order_id(), reason: reason.to_owned() }.into())
}

fn screens(past: impl IntoIterator<Item = FraudEvent>, order: &str) -> bool {
    given::<Fraud>(past).state().screens(&order.parse().unwrap())
}

#[test]
fn an_order_of_a_suspected_user_waits_until_a_person_releases_it() {
    assert!(!screens([], "o-1"));
    assert!(screens([suspected()], "o-1"));
    given::<Fraud>([suspected()]).when(FraudInput::Hold(order("o-1"))).then([held()]);
    given::<Fraud>([suspected(), held()]).when(FraudInput::Hold(order("o-1"))).then_nothing();
    let place = Effect::send(&order_id(), &order("o-1"));
    given::<Fraud>([suspected(), held()]).when(release()).then([released()]).then_effects([place]);
    assert!(!screens([suspected(), held(), released()], "o-1"), "it is placed now");
    assert!(!screens([suspected(), held(), released()], "o-2"), "the suspicion is over");
    assert!(!screens([suspected(), held(), released(), suspected()], "o-1"), "it stays released");
    given::<Fraud>([suspected(), held(), released()]).when(release()).then_nothing();
}

#[test]
fn a_rejected_order_is_never_placed_and_its_user_stays_suspected() {
    given::<Fraud>([suspected(), held()]).when(reject("stolen")).then([rejected()]).then_effects([]);
    let past = [suspected(), held(), rejected()];
    assert!(screens(past.clone(), "o-1") && screens(past.clone(), "o-2"));
    given::<Fraud>(past.clone()).when(reject("stolen")).then_nothing();
    let again = FraudInput::Hold(order("o-1"));
    given::<Fraud>(past.clone()).when(again).then_rejected(FraudRejection::AlreadyRejected);
    given::<Fraud>(past).when(release()).then_rejected(FraudRejection::AlreadyRejected);
}

#[test]
fn a_person_decides_about_orders_that_wait() {
    given::<Fraud>([suspected()]).when(release()).then_rejected(FraudRejection::NotHeld);
    given::<Fraud>([suspected()]).when(reject("stolen")).then_rejected(FraudRejection::NotHeld);
    let past = [suspected(), held(), released()];
    given::<Fraud>(past).when(reject("stolen")).then_rejected(FraudRejection::AlreadyReleased);
    for reason in [" ".to_owned(), "x".repeat(501)] {
        given::<Fraud>([suspected(), held()]).when(reject(&reason)).then_rejected(FraudRejection::ReasonOutOfBounds);
    }
    let other = FraudInput::Hold(PlaceOrder {
        contact_email: Some("a@b.example".to_owned().try_into().unwrap()),
        ..order("o-1")
    });
    given::<Fraud>([suspected(), held()]).when(other).then_rejected(FraudRejection::HeldOtherwise);
}

#[test]
fn only_so_many_orders_of_a_user_wait() {
    let held = |number: usize| OrderHeld { user_id: user(), order: order(&format!("o-{number}")) }.into();
    let past: Vec<FraudEvent> = (0..MAX_WAITING).map(held).collect();
    let one_more = FraudInput::Hold(order("one-more"));
    given::<Fraud>(past.clone()).when(one_more.clone()).then_rejected(FraudRejection::TooManyWaiting);
    given::<Fraud>(past.clone()).when(FraudInput::Hold(order("o-3"))).then_nothing();
    given::<Fraud>(past)
        .when(release())
        .when(one_more)
        .then([OrderHeld { user_id: user(), order: order("one-more") }.into()]);
}

#[test]
fn an_order_waits_also_if_the_suspicion_is_over_by_now() {
    given::<Fraud>([]).when(FraudInput::Hold(order("o-1"))).then([held()]);
}

#[test]
fn the_view_of_a_case_has_its_list() {
    let list = |events: Vec<FraudEvent>| given_view::<FraudCase>(events).row().position.unwrap().list;
    assert_eq!(list(vec![suspected()]), FraudCase::SUSPECTED);
    assert_eq!(list(vec![suspected(), held()]), FraudCase::WAITING);
    assert_eq!(list(vec![suspected(), held(), rejected()]), FraudCase::SUSPECTED);
    assert_eq!(list(vec![suspected(), held(), released()]), FraudCase::CLEAR);
    let row = given_view::<FraudCase>([suspected(), held()]).row().columns;
    assert_eq!((&row["pattern"], &row["heldOrder"]), (&json!("declined-payments"), &json!("o-1")));
    assert_eq!((&row["waiting"], &row["status"]), (&json!(1), &json!("waiting")));
}
