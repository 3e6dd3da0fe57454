//! The ends of all scenarios without faults, with every message delivered three times, and under heavy faults.

use std::collections::{BTreeMap, BTreeSet};

use causeway::testing::sim::Faults;
use domain::order::OrderStatus;
use tests::invariants::Ending;

use super::{
    final_state::FinalState,
    scenarios::{SCENARIOS, Scenario},
    simulation::{THREEFOLD, final_state, no_mutant},
};

/// The orders whose end does not depend on the seed.
const ORDERS: [(&str, OrderStatus); 7] = [
    ("o-confirmed", OrderStatus::Completed),
    ("o-again", OrderStatus::Completed),
    ("o-old", OrderStatus::Completed),
    ("o-second", OrderStatus::Cancelled),
    ("o-declined", OrderStatus::Cancelled),
    ("o-deadline", OrderStatus::Cancelled),
    ("o-unscheduled", OrderStatus::Cancelled),
];

/// The pieces that are available at the end.
const STOCK: [(&str, i64); 9] = [
    ("mug", 3),
    ("tea", 4),
    ("pen", 7),
    ("jug", 1),
    ("plate", 3),
    ("rare", 1),
    ("bowl", 3),
    ("lamp", 2),
    ("slow-shelf", 4),
];

fn end_of_all(seed: u64, faults: Faults) -> FinalState {
    final_state(seed, faults, &SCENARIOS.iter().collect::<Vec<&Scenario>>(), no_mutant, false)
}

fn assert_expected(end: &FinalState, seed: u64) {
    for (id, status) in ORDERS {
        assert_eq!(end.order_status(id), Some(status), "seed {seed}: order/{id}");
    }
    let available: BTreeMap<&str, i64> = STOCK.iter().map(|(sku, _)| (*sku, end.stock(sku).available)).collect();
    assert_eq!(available, STOCK.into_iter().collect::<BTreeMap<_, _>>(), "seed {seed}");
    let late: Vec<&str> = ORDERS.iter().map(|(id, _)| *id).filter(|id| end.is_late(id)).collect();
    assert_eq!(late, ["o-deadline", "o-unscheduled"], "seed {seed}");
}

#[test]
fn without_faults_every_scenario_ends_as_expected() {
    for seed in 0..20 {
        let end = end_of_all(seed, Faults::NONE);
        assert_expected(&end, seed);
        // A copy of a command that is rejected again publishes the same rejection.
        let rejections: BTreeSet<_> = end.published("CommandRejected").map(|it| &it.event_id).collect();
        let repeated = end.run_log.times.iter().filter(|(id, times)| **times > 1 && !rejections.contains(id));
        let repeated: Vec<_> = repeated.collect();
        assert!(repeated.is_empty(), "seed {seed}: published more than once: {repeated:?}");
    }
}

#[test]
fn when_every_message_is_delivered_more_than_once_in_any_order_the_end_is_the_same() {
    for seed in 0..20 {
        let end = end_of_all(seed, THREEFOLD);
        assert!(end.run_log.deliveries > 2 * end.run_log.published.len() as u64, "seed {seed}");
        assert_expected(&end, seed);
    }
}

#[test]
fn the_chaos_profile_injects_faults_and_reaches_every_ending() {
    let (mut killed, mut redriven, mut republished) = (0, 0, 0);
    let mut endings = Vec::new();
    for seed in 0..30 {
        let end = end_of_all(seed, Faults::CHAOS);
        killed += end.run_log.killed;
        redriven += end.run_log.redriven;
        republished += end.run_log.times.values().filter(|times| **times > 1).count();
        endings.extend(ORDERS.iter().flat_map(|(id, _)| end.endings(id)));
    }
    assert!(killed > 100 && redriven > 100 && republished > 100, "{killed} {redriven} {republished}");
    let count = |ending| endings.iter().filter(|it| **it == ending).count();
    let counts = [Ending::Completed, Ending::Compensated, Ending::NeedsOperator].map(count);
    assert!(counts[0] > 10 && counts[1] > 10 && counts[2] < counts[0].min(counts[1]), "{counts:?}");
}
