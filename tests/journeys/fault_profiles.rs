//! What becomes of the stories in calm fault_plan, when everything is said three times, and that a storm is one.

use std::collections::BTreeMap;

use causeway::testing::sim::Faults;

use super::{
    final_state::FinalState,
    processes::{Ending, Stands, endings, order},
    scenario::{THREEFOLD, end_of, nothing},
    stock_invariants::shelf,
    stories::{STORIES, Story, gave_up_for_time},
};

/// The orders whose end no rng has a say in.
const SURE: [(&str, Stands); 5] = [
    ("o-confirmed", Stands::Confirmed),
    ("o-again", Stands::Confirmed),
    ("o-old", Stands::Confirmed),
    ("o-second", Stands::Cancelled),
    ("o-deadline", Stands::Cancelled),
];

/// Their shelves, and what is left there.
const SHELVES: [(&str, i64); 7] =
    [("mug", 3), ("tea", 4), ("pen", 7), ("jug", 1), ("plate", 3), ("rare", 1), ("slow-shelf", 4)];

fn all() -> Vec<&'static Story> {
    STORIES.iter().collect()
}

fn as_told(end: &FinalState, what: &str) {
    let orders: BTreeMap<&str, Stands> = SURE.iter().map(|(id, _)| (*id, order(end, id))).collect();
    assert_eq!(orders, SURE.into_iter().collect::<BTreeMap<_, _>>(), "{what}");
    let left: BTreeMap<&str, i64> = SHELVES.iter().map(|(sku, _)| (*sku, shelf(end, sku).available)).collect();
    assert_eq!(left, SHELVES.into_iter().collect::<BTreeMap<_, _>>(), "{what}");
    let late: Vec<&str> = SURE.iter().map(|(id, _)| *id).filter(|id| gave_up_for_time(end, id)).collect();
    assert_eq!(late, ["o-deadline"], "{what}");
}

#[test]
fn in_calm_weather_every_story_ends_as_it_is_told() {
    for seed in 0..20 {
        let end = end_of(seed, Faults::NONE, &all(), nothing, false);
        as_told(&end, &format!("seed {seed}"));
        assert!(end.run_log.times.values().all(|times| *times == 1), "seed {seed}: each message is said once");
    }
}

#[test]
fn when_every_message_comes_more_than_once_in_any_order_the_end_is_the_same() {
    for seed in 0..20 {
        let end = end_of(seed, THREEFOLD, &all(), nothing, false);
        assert!(end.run_log.deliveries > 2 * end.run_log.published.len() as u64, "seed {seed}");
        as_told(&end, &format!("seed {seed}"));
    }
}

#[test]
fn a_storm_is_one_and_both_ends_are_met_in_it() {
    let mut killed = 0;
    let mut redriven = 0;
    let mut said_again = 0;
    let mut ends = Vec::new();
    for seed in 0..30 {
        let end = end_of(seed, Faults::CHAOS, &all(), nothing, false);
        killed += end.run_log.killed;
        redriven += end.run_log.redriven;
        said_again += end.run_log.times.values().filter(|times| **times > 1).count();
        ends.extend(SURE.iter().flat_map(|(id, _)| endings(&end, id)));
    }
    assert!(killed > 100 && redriven > 100 && said_again > 100, "{killed} {redriven} {said_again}");
    let count = |ending| ends.iter().filter(|end| **end == ending).count();
    let counts = [Ending::Completed, Ending::Compensated, Ending::NeedsOperator].map(count);
    assert!(counts[0] > 10 && counts[1] > 10 && counts[2] < counts[0].min(counts[1]), "{counts:?}");
}
