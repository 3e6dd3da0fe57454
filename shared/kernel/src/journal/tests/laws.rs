//! Every commit of the log is in the journal once, unchanged, at dense positions, whatever is delivered how.

use std::collections::BTreeMap;

use super::world::run;
use crate::testing::tests::hold;

/// The number of random runs.
const CASES: u64 = 500;

#[test]
fn a_journal_is_its_log_whatever_is_delivered_how() {
    hold(CASES, |seed| run(seed, None).err(), |seed| println!("{:?}", run(seed, None)));
}

#[test]
fn random_runs_reach_every_case() {
    let mut seen = BTreeMap::new();
    for (what, times) in (0..100).flat_map(|seed| run(seed, None).unwrap()) {
        *seen.entry(what).or_default() += times;
    }
    let cases = ["cold writers", "doubled records", "failed batches", "outages", "shard splits", "two writers at once"];
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), cases);
    assert!(seen.values().all(|times: &u32| *times >= 20), "{seen:?}");
}
