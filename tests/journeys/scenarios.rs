//! The scenarios, each with stock and orders of its own, so that any number of them are simulated at once.

use domain::{
    order::{OrderEvent, OrderStatus},
    payment::PaymentEvent,
};
use jiff::SignedDuration;
use serde_json::json;
use tests::invariants::Ending;

use super::{
    final_state::FinalState,
    legacy_data,
    shop_commands::{Shop, place_order},
    users_and_carts,
};

/// One scenario: its commands, and the check of its end.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&Shop),
    pub(crate) check: fn(&FinalState) -> Vec<String>,
}

const fn scenario(name: &'static str, begin: fn(&Shop), check: fn(&FinalState) -> Vec<String>) -> Scenario {
    Scenario { name, begin, check }
}

/// All scenarios.
pub(crate) const SCENARIOS: [Scenario; 16] = [
    scenario("reserved, paid, confirmed, dispatched, delivered", confirmed, |end| {
        completed_unless_late(end, "o-confirmed")
    }),
    scenario("the card is declined", declined, declined_end),
    scenario("the shipment is not scheduled by the deadline", unscheduled, unscheduled_end),
    scenario("the customer cancels while the payment is under way", unpaid, unpaid_end),
    scenario("the customer cancels a confirmed order", late_regret, late_regret_end),
    scenario("the second line is out of stock", second_line, second_line_end),
    scenario("a sku becomes available after the deadline", deadline, deadline_end),
    scenario("the customer cancels during the fulfilment", regret, regret_end),
    scenario("four buyers, one piece", |shop| buyers(shop, 4), |end| one_of(end, 4)),
    scenario("the same order is placed several times", insistent, insistent_end),
    scenario("stock comes in three deliveries", goods, goods_end),
    scenario("an order and a stock stream of an older version", legacy_data::begin, legacy_data::check),
    scenario("invalid messages", bad, bad_end),
    scenario("a user is registered twice and changed", users_and_carts::user, users_and_carts::user_end),
    scenario("a cart is checked out four times", users_and_carts::check_out, users_and_carts::check_out_end),
    scenario("carts that nobody touches expire", users_and_carts::expiry, users_and_carts::expiry_end),
];

const AT_ONCE: SignedDuration = SignedDuration::ZERO;

fn confirmed(shop: &Shop) {
    shop.stock("mug", 5);
    shop.stock("tea", 5);
    shop.place("o-confirmed", &[("mug", 2), ("tea", 1)]);
}

/// The order is completed, or a deadline passed before.
pub(super) fn completed_unless_late(end: &FinalState, id: &str) -> Vec<String> {
    match (end.order_status(id), end.is_late(id) || end.endings(id) == [Ending::NeedsOperator]) {
        (Some(OrderStatus::Completed), _) | (_, true) => Vec::new(),
        (status, false) => vec![format!("order/{id} was in time and is {status:?}")],
    }
}

fn declined(shop: &Shop) {
    shop.stock("bowl", 3);
    shop.place_with("o-declined", &[("bowl", 2)], "tok_declined");
}

fn declined_end(end: &FinalState) -> Vec<String> {
    let mut breaches = cancelled_because(end, "o-declined", "declined");
    breaches.extend(all_released(end, "o-declined", &[("bowl", 3)]));
    breaches.extend(charged(end, "o-declined").then(|| "order/o-declined was charged".to_owned()));
    breaches
}

/// The shipment of this order is not scheduled until long after the deadline; see `simulation`.
fn unscheduled(shop: &Shop) {
    shop.stock("lamp", 2);
    shop.place("o-unscheduled", &[("lamp", 2)]);
}

/// It is refunded, released and cancelled, and the late "scheduled" changes nothing; unless faults made it late before.
fn unscheduled_end(end: &FinalState) -> Vec<String> {
    match (end.order_status("o-unscheduled"), end.is_late("o-unscheduled")) {
        (Some(OrderStatus::Cancelled), true) => all_released(end, "o-unscheduled", &[("lamp", 2)]),
        (Some(OrderStatus::Completed), false) => Vec::new(),
        _ if end.endings("o-unscheduled") == [Ending::NeedsOperator] => Vec::new(),
        (status, late) => vec![format!("order/o-unscheduled is {status:?}, late: {late}")],
    }
}

fn unpaid(shop: &Shop) {
    shop.stock("chair", 2);
    shop.place_with("o-unpaid", &[("chair", 1)], "tok_pending");
    let later = shop.simulation.rng().up_to(SignedDuration::from_secs(90));
    shop.send(later, "CancelOrder", json!({ "orderId": "o-unpaid", "reason": "I changed my mind" }));
}

fn unpaid_end(end: &FinalState) -> Vec<String> {
    regretted(end, "o-unpaid", &[("chair", 2)])
}

/// The customer asks when the order may be confirmed, shipped, or delivered.
fn late_regret(shop: &Shop) {
    shop.stock("table", 2);
    shop.place("o-late-regret", &[("table", 1)]);
    let later = SignedDuration::from_secs(3) + shop.simulation.rng().up_to(SignedDuration::from_secs(4));
    for _ in 0..2 {
        shop.send(later, "CancelOrder", json!({ "orderId": "o-late-regret", "reason": "I changed my mind" }));
    }
}

fn late_regret_end(end: &FinalState) -> Vec<String> {
    regretted(end, "o-late-regret", &[("table", 2)])
}

/// A customer asked to cancel the order: it is cancelled and all is released, or it is completed.
fn regretted(end: &FinalState, id: &str, stock: &[(&str, i64)]) -> Vec<String> {
    match end.order_status(id) {
        Some(OrderStatus::Cancelled) => all_released(end, id, stock),
        // It was shipped before the cancellation came.
        Some(OrderStatus::Completed) => Vec::new(),
        _ if end.endings(id) == [Ending::NeedsOperator] => Vec::new(),
        status => vec![format!("order/{id} is {status:?}")],
    }
}

/// Whether the order was ever charged.
fn charged(end: &FinalState, id: &str) -> bool {
    let events = end.events::<PaymentEvent>("payment", id);
    events.iter().any(|event| matches!(event, PaymentEvent::PaymentProcessed(_)))
}

fn second_line(shop: &Shop) {
    shop.stock("plate", 3);
    shop.stock("rare", 1);
    shop.place("o-second", &[("plate", 2), ("rare", 2)]);
}

fn second_line_end(end: &FinalState) -> Vec<String> {
    let mut breaches = cancelled_because(end, "o-second", "rare");
    breaches.extend(all_released(end, "o-second", &[("plate", 3), ("rare", 1)]));
    breaches
}

/// Reservations of the sku `slow-shelf` fail until after the deadline; see `simulation`.
fn deadline(shop: &Shop) {
    shop.stock("slow-shelf", 4);
    shop.place("o-deadline", &[("slow-shelf", 1)]);
}

fn deadline_end(end: &FinalState) -> Vec<String> {
    let mut breaches = all_released(end, "o-deadline", &[("slow-shelf", 4)]);
    let status = end.order_status("o-deadline");
    if end.was_confirmed("o-deadline") {
        breaches.push("order/o-deadline is confirmed although its sku was not available in time".to_owned());
    }
    if !end.is_late("o-deadline") && status.is_some() {
        breaches.push("fulfilment/o-deadline did not compensate at its deadline".to_owned());
    }
    breaches
}

fn regret(shop: &Shop) {
    shop.stock("vase", 2);
    shop.place("o-regret", &[("vase", 1)]);
    let later = shop.simulation.rng().up_to(SignedDuration::from_secs(20));
    shop.send(later, "CancelOrder", json!({ "orderId": "o-regret", "reason": "I changed my mind" }));
}

fn regret_end(end: &FinalState) -> Vec<String> {
    regretted(end, "o-regret", &[("vase", 2)])
}

/// Places this many orders for one piece.
pub(crate) fn buyers(shop: &Shop, buyers: u32) {
    shop.stock("last", 1);
    for buyer in 0..buyers {
        shop.place(&format!("o-last-{buyer}"), &[("last", 1)]);
    }
}

/// One of these orders is confirmed; the cancellations of the others name the sku.
pub(crate) fn one_of(end: &FinalState, buyers: u32) -> Vec<String> {
    let ids: Vec<String> = (0..buyers).map(|buyer| format!("o-last-{buyer}")).collect();
    let confirmed = ids.iter().filter(|id| end.was_confirmed(id)).count();
    let late = ids.iter().filter(|id| end.is_late(id)).count();
    let mut breaches = Vec::new();
    if confirmed > 1 || (confirmed == 0 && late == 0) {
        breaches.push(format!("{confirmed} of {buyers} buyers have the one piece"));
    }
    for id in ids.iter().filter(|id| !end.was_confirmed(id) && !end.is_late(id)) {
        breaches.extend(cancelled_because(end, id, "last"));
    }
    breaches
}

fn insistent(shop: &Shop) {
    shop.stock("pen", 9);
    shop.send_copies("PlaceOrder", "insistent-1", 3, &place_order("o-again", &[("pen", 2)]));
    shop.send_copies("PlaceOrder", "insistent-2", 2, &place_order("o-again", &[("pen", 2)]));
}

fn insistent_end(end: &FinalState) -> Vec<String> {
    let mut breaches = completed_unless_late(end, "o-again");
    let rejected = end.published("CommandRejected").map(|envelope| envelope.data.get());
    let rejected = rejected.filter(|data| data.contains("order/o-again") && data.contains("PlaceOrder"));
    breaches.extend(rejected.map(|_| "the same order placed again was rejected".to_owned()));
    breaches
}

fn goods(shop: &Shop) {
    for (load, quantity) in [("load-1", 2), ("load-2", 3), ("load-3", 5)] {
        shop.send_copies("ReceiveStock", load, 3, &json!({ "sku": "nails", "quantity": quantity }));
    }
}

fn goods_end(end: &FinalState) -> Vec<String> {
    match end.stock("nails").received {
        10 => Vec::new(),
        received => vec![format!("inventory/nails received {received} instead of 10")],
    }
}

fn bad(shop: &Shop) {
    shop.send(AT_ONCE, "PlaceOrder", json!({ "orderId": "o/bad" }));
    shop.send(AT_ONCE, "ReserveStock", json!({ "sku": "mug", "orderId": "o-bad", "quantity": "two" }));
    shop.send(AT_ONCE, "PlaceOrder", place_order("o-empty", &[]));
}

fn bad_end(end: &FinalState) -> Vec<String> {
    let mut breaches = Vec::new();
    for consumer in ["order-on-place-order", "inventory-on-reserve-stock"] {
        if !end.dead_letters.iter().any(|letter| letter.consumer == consumer && letter.reason == "MALFORMED") {
            breaches.push(format!("{consumer} has no dead letter about a malformed message"));
        }
    }
    for id in ["o-bad", "o-empty"] {
        if end.order_status(id).is_some() || !end.endings(id).is_empty() {
            breaches.push(format!("order/{id} exists"));
        }
    }
    if !end.run_log.published.iter().any(|entry| entry.envelope.data.get().contains("NoLines")) {
        breaches.push("no rejection says that an order needs lines".to_owned());
    }
    breaches
}

fn cancelled_because(end: &FinalState, id: &str, reason: &str) -> Vec<String> {
    if end.endings(id) == [Ending::NeedsOperator] {
        return Vec::new();
    }
    match end.events::<OrderEvent>("order", id).last() {
        Some(OrderEvent::OrderCancelled(event)) if event.reason.contains(reason) || end.is_late(id) => Vec::new(),
        last => vec![format!("order/{id} is not cancelled because of {reason}: {last:?}")],
    }
}

fn all_released(end: &FinalState, id: &str, stock: &[(&str, i64)]) -> Vec<String> {
    if end.endings(id) == [Ending::NeedsOperator] {
        return Vec::new();
    }
    let short = stock.iter().filter(|(sku, quantity)| end.stock(sku).available != *quantity);
    short.map(|(sku, quantity)| format!("{quantity} of {sku} should be available: {:?}", end.stock(sku))).collect()
}
