//! Simulates hundreds of seeds, or traces a single one.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use causeway::testing::sim::Faults;

use super::{
    scenarios::{Scenario, buyers, one_of},
    simulation::{no_mutant, simulate, simulate_seed},
};

/// The number of seeds without a planted bug.
const SEEDS: u64 = 500;

/// The environment variable with another number of seeds.
const MORE_SEEDS: &str = "CAUSEWAY_SEEDS";

/// The environment variable with the one seed to trace.
const ONE_SEED: &str = "CAUSEWAY_SEED";

#[test]
fn the_invariants_hold_under_hundreds_of_seeds() {
    if let Some(seed) = number(ONE_SEED) {
        let (breaches, trace) = simulate_seed(seed, no_mutant, true);
        println!("{}", trace.join("\n"));
        assert!(breaches.is_empty(), "seed {seed}:\n{}", breaches.join("\n"));
        return;
    }
    if let Some((seed, breaches)) = first_broken(number_of(SEEDS), |seed| simulate_seed(seed, no_mutant, false).0) {
        let command = "cargo nextest run -p tests -E 'test(hundreds_of_seeds)' --no-capture";
        let breaches = breaches.join("\n  ");
        panic!("seed {seed}:\n  {breaches}\nto trace it: {ONE_SEED}={seed} {command}");
    }
}

/// The number of seeds: this many, or as many as the environment says.
pub(crate) fn number_of(seeds: u64) -> u64 {
    number(MORE_SEEDS).unwrap_or(seeds)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|number| number.parse().ok())
}

/// The lowest seed with a breach, and its breaches; uses all cores.
pub(crate) fn first_broken(seeds: u64, simulate: impl Fn(u64) -> Vec<String> + Sync) -> Option<(u64, Vec<String>)> {
    let next = AtomicU64::new(0);
    let found = Mutex::new(None::<(u64, Vec<String>)>);
    let search = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let done = found.lock().unwrap().as_ref().is_some_and(|(found, _)| *found < seed);
            if seed >= seeds || done {
                return;
            }
            let breaches = simulate(seed);
            let mut found = found.lock().unwrap();
            if !breaches.is_empty() && found.as_ref().is_none_or(|(found, _)| seed < *found) {
                *found = Some((seed, breaches));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(search);
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn of_fifty_orders_for_one_piece_one_is_confirmed_and_the_others_are_cancelled_with_the_reason() {
    let scenario =
        Scenario { name: "fifty buyers, one piece", begin: |shop| buyers(shop, 50), check: |end| one_of(end, 50) };
    for (seed, faults) in
        [(1, Faults::NONE), (0, Faults::CHAOS), (1, Faults::CHAOS), (2, Faults::CHAOS), (3, Faults::CHAOS)]
    {
        let breaches = simulate(seed, faults, &[&scenario], no_mutant, false).0;
        assert!(breaches.is_empty(), "seed {seed}: {}", breaches.join("\n"));
    }
}

#[test]
fn a_seed_gives_the_same_trace_every_time() {
    for seed in [1, 7, 12] {
        assert_eq!(simulate_seed(seed, no_mutant, true), simulate_seed(seed, no_mutant, true));
    }
}
