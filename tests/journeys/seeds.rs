//! A thousand seeds, and the one that somebody wants to see again.

use std::sync::atomic::{AtomicU64, Ordering};

use causeway::testing::sim::Faults;

use super::{
    scenario::{nothing, tell, tell_of},
    stories::{Story, buyers, one_of},
};

/// How many seeds are told.
pub(crate) const SEEDS: u64 = 1000;

/// Says how many seeds to tell instead.
const MORE_SEEDS: &str = "CAUSEWAY_SEEDS";

/// Says which seed to tell, and to tell it in full.
const ONE_SEED: &str = "CAUSEWAY_SEED";

#[test]
fn whole_stories_hold_together_under_a_thousand_seeds() {
    if let Some(seed) = number(ONE_SEED) {
        let (broken, trace) = tell(seed, nothing, true);
        println!("{}", trace.join("\n"));
        assert!(broken.is_empty(), "seed {seed}:\n{}", broken.join("\n"));
        return;
    }
    let broken = first_broken(number(MORE_SEEDS).unwrap_or(SEEDS), |seed| tell(seed, nothing, false).0);
    assert!(broken.is_none(), "{}", broken.map(replay).unwrap_or_default());
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|number| number.parse().ok())
}

/// How a broken seed is told.
fn replay((seed, broken): (u64, Vec<String>)) -> String {
    let broken = broken.join("\n  ");
    let command = "cargo nextest run -p tests -E 'test(a_thousand_seeds)' --no-capture";
    format!("seed {seed}:\n  {broken}\nto see it again: {ONE_SEED}={seed} {command}")
}

/// The lowest seed at whose end something is broken; all cores look for it.
pub(crate) fn first_broken(seeds: u64, tell: impl Fn(u64) -> Vec<String> + Sync) -> Option<(u64, Vec<String>)> {
    let next = AtomicU64::new(0);
    let found = std::sync::Mutex::new(None::<(u64, Vec<String>)>);
    let look = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let done = found.lock().unwrap().as_ref().is_some_and(|(found, _)| *found < seed);
            if seed >= seeds || done {
                return;
            }
            let broken = tell(seed);
            let mut found = found.lock().unwrap();
            if !broken.is_empty() && found.as_ref().is_none_or(|(found, _)| seed < *found) {
                *found = Some((seed, broken));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(look);
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn of_fifty_buyers_for_one_piece_one_gets_it_and_the_others_are_told_why_not() {
    let story = Story {
        name: "fifty buyers, one piece",
        begin: |shop| buyers(shop, 50),
        end: |end| one_of(end, 50),
        cancelled_by_hand: &[],
    };
    let calm = tell_of(1, Faults::NONE, &[&story], nothing, false).0;
    assert!(calm.is_empty(), "{}", calm.join("\n"));
    for seed in 0..4 {
        let broken = tell_of(seed, Faults::CHAOS, &[&story], nothing, false).0;
        assert!(broken.is_empty(), "seed {seed}: {}", broken.join("\n"));
    }
}

#[test]
fn a_seed_tells_the_same_tale_every_time() {
    for seed in [1, 7, 12] {
        assert_eq!(tell(seed, nothing, true), tell(seed, nothing, true));
    }
}
