//! The engine answers as the oracle does, for random windows and random deliveries: shuffled, doubled and late facts,
//! moved clocks, states stored and loaded.

use std::collections::BTreeMap;

use super::run::{Bug, Case, compare};
use crate::testing::{sim::Rng, tests::hold};

/// The number of random cases.
const CASES: u64 = 20_000;

/// How the engine differs from the oracle in the case of this seed.
pub(super) fn difference(seed: u64, bug: Option<Bug>) -> Option<String> {
    compare(&Case::random(&Rng::seeded(seed)), bug).err()
}

#[test]
fn windows_are_those_of_the_oracle() {
    hold(CASES, |seed| difference(seed, None), |seed| println!("{:#?}", Case::random(&Rng::seeded(seed))));
}

#[test]
fn random_deliveries_have_every_outcome() {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..1_000 {
        let seen = compare(&Case::random(&Rng::seeded(seed)), None).unwrap();
        for outcome in seen.outcomes {
            *times.entry(format!("{outcome:?}")).or_default() += 1;
        }
        *times.entry("windows".to_owned()).or_default() += seen.windows as u32;
    }
    assert!(times.len() == 7 && times.values().all(|times| *times >= 20), "{times:?}");
}
