//! The engine answers as the oracle does, for random patterns and random deliveries.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    case::Case,
    run::{Bug, compare, run_bounded},
};
use crate::testing::sim::Rng;

/// The number of random cases.
const CASES: u64 = 20_000;

/// The variable with another number of cases.
const MORE_SEEDS: &str = "CAUSEWAY_SEEDS";

/// The variable with a seed to run alone, with its deliveries printed.
const ONE_SEED: &str = "CAUSEWAY_SEED";

/// The lowest seed of a case where the engine differs from the oracle, and how.
pub(super) fn first_broken(cases: u64, bug: Option<Bug>) -> Option<(u64, String)> {
    let threads = 2;
    let search = |first: u64| {
        (first..cases).step_by(threads).find_map(|seed| {
            let case = Case::random(&Rng::seeded(seed), false);
            compare(&case, bug).err().map(|broken| (seed, broken))
        })
    };
    std::thread::scope(|scope| {
        let searches: Vec<_> = (0..threads as u64).map(|first| scope.spawn(move || search(first))).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).min()
    })
}

#[test]
fn matches_are_those_of_the_oracle() {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    if let Some(seed) = number(ONE_SEED) {
        let case = Case::random(&Rng::seeded(seed), false);
        println!("{case:#?}");
        compare(&case, None).unwrap();
        return;
    }
    let broken = first_broken(number(MORE_SEEDS).unwrap_or(CASES), None);
    assert!(broken.is_none(), "{}", broken.map(|(seed, how)| format!("{ONE_SEED}={seed}: {how}")).unwrap_or_default());
}

#[test]
fn random_deliveries_have_every_outcome() {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..1_500 {
        let case = Case::random(&Rng::seeded(seed), false);
        let seen = compare(&case, None).unwrap();
        for outcome in seen.outcomes {
            *times.entry(format!("{outcome:?}")).or_default() += 1;
        }
        for found in seen.found {
            let spec = case.specs.iter().find(|spec| spec.name == found.pattern).unwrap();
            let kind = format!("{:?}", spec.pattern);
            let kind = kind.split('(').next().unwrap().to_owned();
            *times.entry(format!("{kind}, repeated: {}", spec.repeat.is_some())).or_default() += 1;
        }
    }
    // Accepted, Duplicate, Late, two bounds; three kinds, alone and repeated.
    assert!(times.len() == 11 && times.values().all(|times| *times >= 10), "{times:?}");
}

#[test]
fn partial_matches_are_bounded_and_what_is_dropped_is_counted() {
    let mut dropped = 0;
    for seed in 0..3_000 {
        let mut case = Case::random(&Rng::seeded(seed), true);
        case.specs.retain(|spec| !matches!(&spec.pattern, crate::pattern::PatternKind::Count(it) if it.at_least > 2));
        let seen = run_bounded(&case).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        dropped += seen.dropped;
        for found in &seen.found {
            let distinct: BTreeSet<_> = found.events.iter().collect();
            assert!(distinct.len() == found.events.len() && found.start <= found.end, "seed {seed}: {found:?}");
        }
    }
    assert!(dropped > 100, "{dropped}");
}
