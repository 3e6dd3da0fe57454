//! The engine answers as the oracle does, for random patterns and random deliveries.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    case::Case,
    run::{Bug, compare, run_bounded},
};
use crate::testing::{sim::Rng, tests::hold};

/// The number of random cases.
const CASES: u64 = 20_000;

/// How the engine differs from the oracle in the case of this seed.
pub(super) fn difference(seed: u64, bug: Option<Bug>) -> Option<String> {
    compare(&Case::random(&Rng::seeded(seed), false), bug).err()
}

#[test]
fn matches_are_those_of_the_oracle() {
    hold(CASES, |seed| difference(seed, None), |seed| println!("{:#?}", Case::random(&Rng::seeded(seed), false)));
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
