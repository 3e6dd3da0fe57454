//! Random runs agree with the model, and they are as varied as they should be.

use std::collections::BTreeMap;

use super::world::run;

/// The number of random runs.
const CASES: u64 = 4_000;

/// The variable with another number of runs.
const MORE_SEEDS: &str = "CAUSEWAY_SEEDS";

/// The variable with a seed to run alone.
const ONE_SEED: &str = "CAUSEWAY_SEED";

/// The lowest seed whose run differs from the model, and the difference.
fn first_broken(cases: u64) -> Option<(u64, String)> {
    (0..cases).find_map(|seed| run(seed, None).err().map(|broken| (seed, broken)))
}

#[test]
fn random_writers_readers_and_processors_agree_with_a_plain_vec() {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    if let Some(seed) = number(ONE_SEED) {
        println!("{:?}", run(seed, None).unwrap());
        return;
    }
    let broken = first_broken(number(MORE_SEEDS).unwrap_or(CASES));
    assert!(
        broken.is_none(),
        "{}",
        broken.map(|(seed, what)| format!("{ONE_SEED}={seed}: {what}")).unwrap_or_default()
    );
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
