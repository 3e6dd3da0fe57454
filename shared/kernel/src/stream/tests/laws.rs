//! The engine answers as the oracle does, for random windows and random deliveries: shuffled, doubled and late facts,
//! moved clocks, states stored and loaded.

use std::collections::BTreeMap;

use super::run::{Bug, Case, compare};
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
            let case = Case::random(&Rng::seeded(seed));
            compare(&case, bug).err().map(|broken| (seed, broken))
        })
    };
    std::thread::scope(|scope| {
        let searches: Vec<_> = (0..threads as u64).map(|first| scope.spawn(move || search(first))).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).min()
    })
}

#[test]
fn windows_are_those_of_the_oracle() {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    if let Some(seed) = number(ONE_SEED) {
        let case = Case::random(&Rng::seeded(seed));
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
    for seed in 0..1_000 {
        let seen = compare(&Case::random(&Rng::seeded(seed)), None).unwrap();
        for outcome in seen.outcomes {
            *times.entry(format!("{outcome:?}")).or_default() += 1;
        }
        *times.entry("windows".to_owned()).or_default() += seen.windows as u32;
    }
    assert!(times.len() == 7 && times.values().all(|times| *times >= 20), "{times:?}");
}
