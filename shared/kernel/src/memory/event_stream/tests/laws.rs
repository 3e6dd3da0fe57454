//! Random runs agree with the model, and they are as varied as they should be.

use std::collections::BTreeMap;

use super::world::run;
use crate::testing::tests::hold;

/// The number of random runs.
const CASES: u64 = 4_000;

#[test]
fn random_writers_readers_and_processors_agree_with_a_plain_vec() {
    hold(CASES, |seed| run(seed, None).err(), |seed| println!("{:?}", run(seed, None)));
}

#[test]
fn random_runs_reach_every_case() {
    let mut seen = BTreeMap::new();
    for (what, times) in (0..400).flat_map(|seed| run(seed, None).unwrap()) {
        *seen.entry(what).or_default() += times;
    }
    let cases = [
        "dropped readers",
        "killed appends",
        "killed processors",
        "late readers",
        "parked events",
        "refused",
        "repeated events",
    ];
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), cases);
    assert!(seen.values().all(|times: &u32| *times >= 20), "{seen:?}");
}
