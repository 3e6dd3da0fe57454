//! Suspicions under faults: a suspected user's next order waits for a person, is placed once when it is released, and is
//! never lost.

use domain::{
    fraud::{FraudEvent, OrderHeld},
    order::OrderEvent,
};
use jiff::SignedDuration;
use serde_json::json;

use super::{
    final_state::FinalState,
    scenarios::{Scenario, completed_unless_late},
    seeds::{first_broken, number_of},
    shop_commands::{Shop, place_order},
    simulation::{faults, no_mutant, simulate},
};

/// The number of seeds.
const SEEDS: u64 = 500;

const SCENARIO: Scenario = Scenario { name: "three declined payments, and another order", begin, check };

fn begin(shop: &Shop) {
    shop.stock("pen", 9);
    let place = |order: &str, token: &str| {
        let mut data = place_order(order, &[("pen", 1)]);
        data["userId"] = json!("u-fraud");
        data["paymentToken"] = json!(token);
        data
    };
    for order in ["o-fraud-1", "o-fraud-2", "o-fraud-3"] {
        shop.send(SignedDuration::ZERO, "PlaceOrder", place(order, "tok_declined"));
    }
    // Long after everything has failed.
    let held = place("o-held", "tok_visa");
    shop.send_copies_after(SignedDuration::from_hours(3), "PlaceOrder", "place-held", 2, &held);
    let release = json!({ "userId": "u-fraud", "orderId": "o-held" });
    shop.send_copies_after(SignedDuration::from_hours(6), "ReleaseHold", "release-held", 2, &release);
}

/// With faults the payments may fail too far apart. Then the order does not wait, and else it waits once.
fn check(end: &FinalState) -> Vec<String> {
    let events = end.events::<FraudEvent>("fraud", "u-fraud");
    let count = |is: fn(&FraudEvent) -> bool| events.iter().filter(|event| is(event)).count();
    let suspected = count(|event| matches!(event, FraudEvent::FraudSuspected(_)));
    let held = count(
        |event| matches!(event, FraudEvent::OrderHeld(OrderHeld { order, .. }) if order.order_id.as_str() == "o-held"),
    );
    let released = count(|event| matches!(event, FraudEvent::HoldReleased(_)));
    let mut breaches = completed_unless_late(end, "o-held");
    if (held, released) != (suspected, suspected) || suspected > 1 {
        breaches.push(format!("{suspected} suspicions, {held} orders held, {released} released: {events:?}"));
    }
    let placed = end.events::<OrderEvent>("order", "o-held");
    if placed.iter().filter(|event| matches!(event, OrderEvent::OrderPlaced(_))).count() != 1 {
        breaches.push(format!("o-held was not placed once: {placed:?}"));
    }
    breaches
}

#[test]
fn the_next_order_of_a_suspected_user_waits_under_hundreds_of_seeds() {
    let of_seed = |seed| simulate(seed, faults(seed), &[&SCENARIO], no_mutant, false).0;
    if let Some((seed, breaches)) = first_broken(number_of(SEEDS), of_seed) {
        panic!("seed {seed}:\n  {}", breaches.join("\n  "));
    }
}
