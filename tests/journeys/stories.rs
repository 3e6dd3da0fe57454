//! The stories, each with its own shelves and orders, so that any number of them are told at once.

use domain::{fulfilment::FulfilmentEvent, order::OrderEvent};
use jiff::SignedDuration;
use serde_json::json;

use super::{
    final_state::FinalState,
    legacy_data,
    processes::{Ending, Stands, endings, order},
    shop_commands::{Shop, place_order},
    stock_invariants::shelf,
};

/// One story: how it begins, and what must have come of it.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&Shop),
    pub(crate) end: fn(&FinalState) -> Vec<String>,
    pub(crate) cancelled_by_hand: &'static [&'static str],
}

const fn story(name: &'static str, begin: fn(&Shop), end: fn(&FinalState) -> Vec<String>) -> Story {
    Story { name, begin, end, cancelled_by_hand: &[] }
}

/// All of them.
pub(crate) const STORIES: [Story; 9] = [
    story("placed, reserved, confirmed", confirmed, confirmed_end),
    story("the second line is out of stock", second_line, second_line_end),
    story("a shelf answers after the deadline", deadline, deadline_end),
    Story { cancelled_by_hand: &["o-regret"], ..story("the buyer cancels under way", regret, regret_end) },
    story("few buyers, one piece", one_piece, one_piece_end),
    story("every message says the same order", insistent, insistent_end),
    story("goods come in by and by", goods, goods_end),
    story("an order and a shelf of the old house", legacy_data::begin, legacy_data::end),
    story("messages that can never work", bad, bad_end),
];

const AT_ONCE: SignedDuration = SignedDuration::ZERO;

fn confirmed(shop: &Shop) {
    shop.stock("mug", 5);
    shop.stock("tea", 5);
    shop.place("o-confirmed", &[("mug", 2), ("tea", 1)]);
}

fn confirmed_end(end: &FinalState) -> Vec<String> {
    confirmed_unless_late(end, "o-confirmed")
}

/// Confirmed, or so late that the process gave up.
pub(super) fn confirmed_unless_late(end: &FinalState, id: &str) -> Vec<String> {
    match (order(end, id), gave_up_for_time(end, id)) {
        (Stands::Confirmed, false) | (_, true) => Vec::new(),
        (stands, false) => vec![format!("order/{id} had all the time it needed, and is {stands:?}")],
    }
}

pub(crate) fn gave_up_for_time(end: &FinalState, id: &str) -> bool {
    end.events::<FulfilmentEvent>("fulfilment", id).iter().any(|event| match event {
        FulfilmentEvent::FulfilmentCompensating(event) => event.reason.contains("longer than"),
        _ => false,
    })
}

fn second_line(shop: &Shop) {
    shop.stock("plate", 3);
    shop.stock("rare", 1);
    shop.place("o-second", &[("plate", 2), ("rare", 2)]);
}

fn second_line_end(end: &FinalState) -> Vec<String> {
    let mut broken = cancelled_because(end, "o-second", "rare");
    broken.extend(all_back(end, "o-second", &[("plate", 3), ("rare", 1)]));
    broken
}

/// The shelf named `slow-shelf` answers nobody until long after the storm: the tale sees to that.
fn deadline(shop: &Shop) {
    shop.stock("slow-shelf", 4);
    shop.place("o-deadline", &[("slow-shelf", 1)]);
}

fn deadline_end(end: &FinalState) -> Vec<String> {
    let mut broken = all_back(end, "o-deadline", &[("slow-shelf", 4)]);
    if order(end, "o-deadline") == Stands::Confirmed {
        broken.push("order/o-deadline is confirmed although its shelf did not answer in time".to_owned());
    }
    if !gave_up_for_time(end, "o-deadline") && order(end, "o-deadline") != Stands::Nowhere {
        broken.push("fulfilment/o-deadline did not give up at its deadline".to_owned());
    }
    broken
}

fn regret(shop: &Shop) {
    shop.stock("vase", 2);
    shop.place("o-regret", &[("vase", 1)]);
    let later = shop.world.rng().up_to(SignedDuration::from_secs(20));
    shop.say(later, "CancelOrder", json!({ "orderId": "o-regret", "reason": "I changed my mind" }));
}

fn regret_end(end: &FinalState) -> Vec<String> {
    match order(end, "o-regret") {
        Stands::Cancelled => all_back(end, "o-regret", &[("vase", 2)]),
        // The wish came before the order did, and was refused.
        Stands::Confirmed => Vec::new(),
        stands => vec![format!("order/o-regret is {stands:?}")],
    }
}

/// Who wants the one piece.
pub(crate) const BUYERS: u32 = 4;

fn one_piece(shop: &Shop) {
    buyers(shop, BUYERS);
}

fn one_piece_end(end: &FinalState) -> Vec<String> {
    one_of(end, BUYERS)
}

/// So many buyers for one piece.
pub(crate) fn buyers(shop: &Shop, buyers: u32) {
    shop.stock("last", 1);
    for buyer in 0..buyers {
        shop.place(&format!("o-last-{buyer}"), &[("last", 1)]);
    }
}

/// One of so many got the piece, the others are told why not.
pub(crate) fn one_of(end: &FinalState, buyers: u32) -> Vec<String> {
    let ids: Vec<String> = (0..buyers).map(|buyer| format!("o-last-{buyer}")).collect();
    let happy = ids.iter().filter(|id| order(end, id) == Stands::Confirmed).count();
    let late = ids.iter().filter(|id| gave_up_for_time(end, id)).count();
    let mut broken = Vec::new();
    if happy > 1 || (happy == 0 && late == 0) {
        broken.push(format!("{happy} of {buyers} buyers have the one piece"));
    }
    for id in ids.iter().filter(|id| order(end, id) != Stands::Confirmed && !gave_up_for_time(end, id)) {
        broken.extend(cancelled_because(end, id, "last"));
    }
    broken
}

fn insistent(shop: &Shop) {
    shop.stock("pen", 9);
    shop.insist("PlaceOrder", "insistent-1", 3, &place_order("o-again", &[("pen", 2)]));
    shop.insist("PlaceOrder", "insistent-2", 2, &place_order("o-again", &[("pen", 2)]));
}

fn insistent_end(end: &FinalState) -> Vec<String> {
    let mut broken = confirmed_unless_late(end, "o-again");
    let rejected = end.run_log.published.iter().filter(|entry| {
        let said = entry.envelope.data.get();
        entry.envelope.event_type == "CommandRejected" && said.contains("order/o-again") && said.contains("PlaceOrder")
    });
    broken.extend(rejected.map(|_| "the same order placed again was refused".to_owned()));
    broken
}

fn goods(shop: &Shop) {
    for (load, quantity) in [("load-1", 2), ("load-2", 3), ("load-3", 5)] {
        shop.insist("ReceiveStock", load, 3, &json!({ "sku": "nails", "quantity": quantity }));
    }
}

fn goods_end(end: &FinalState) -> Vec<String> {
    match shelf(end, "nails").received {
        10 => Vec::new(),
        received => vec![format!("inventory/nails received {received}, and 10 were delivered")],
    }
}

fn bad(shop: &Shop) {
    shop.say(AT_ONCE, "PlaceOrder", json!({ "orderId": "o/bad" }));
    shop.say(AT_ONCE, "ReserveStock", json!({ "sku": "mug", "orderId": "o-bad", "quantity": "two" }));
    shop.say(AT_ONCE, "PlaceOrder", place_order("o-empty", &[]));
}

fn bad_end(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    for consumer in ["order-on-place-order", "inventory-on-reserve-stock"] {
        if !end.letters.iter().any(|letter| letter.consumer == consumer && letter.reason == "MALFORMED") {
            broken.push(format!("{consumer} left no letter about a malformed message"));
        }
    }
    for id in ["o-bad", "o-empty"] {
        if order(end, id) != Stands::Nowhere || !endings(end, id).is_empty() {
            broken.push(format!("order/{id} came to be"));
        }
    }
    let told = end.run_log.published.iter().any(|entry| entry.envelope.data.get().contains("NoLines"));
    if !told {
        broken.push("nobody was told that an order needs lines".to_owned());
    }
    broken
}

fn cancelled_because(end: &FinalState, id: &str, word: &str) -> Vec<String> {
    if endings(end, id) == [Ending::NeedsOperator] {
        return Vec::new();
    }
    match end.events::<OrderEvent>("order", id).last() {
        Some(OrderEvent::OrderCancelled(event)) if event.reason.contains(word) || gave_up_for_time(end, id) => {
            Vec::new()
        }
        last => vec![format!("order/{id} is not cancelled because of {word}: {last:?}")],
    }
}

fn all_back(end: &FinalState, id: &str, shelves: &[(&str, i64)]) -> Vec<String> {
    if endings(end, id) == [Ending::NeedsOperator] {
        return Vec::new();
    }
    let short = shelves.iter().filter(|(sku, quantity)| shelf(end, sku).available != *quantity);
    short.map(|(sku, quantity)| format!("of {sku}, {quantity} should be back: {:?}", shelf(end, sku))).collect()
}
