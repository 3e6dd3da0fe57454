//! Delays double up to a bound, are spread by jitter, and end.

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::memory::MemoryIds;

const POLICY: Backoff =
    Backoff { first: SignedDuration::from_millis(100), most: SignedDuration::from_secs(1), tries: 7 };

/// A random number that is always the same.
struct FixedRandom(f64);

impl Ids for FixedRandom {
    fn uuid(&self, _: Timestamp) -> Uuid {
        Uuid::nil()
    }

    fn random(&self) -> f64 {
        self.0
    }
}

fn millis(backoff: Backoff, random: f64) -> Vec<Option<i128>> {
    (0..8).map(|retry| backoff.delay(retry, &FixedRandom(random)).map(|delay| delay.as_millis())).collect()
}

#[test]
fn the_bound_doubles_up_to_the_most_and_the_tries_end() {
    let bounds = [Some(100), Some(200), Some(400), Some(800), Some(1000), Some(1000), None, None];
    assert_eq!(millis(POLICY, 1.0), bounds);
    assert_eq!(millis(POLICY, 0.0), bounds.map(|bound| bound.map(|_| 0)));
    assert_eq!(millis(POLICY, 0.5), bounds.map(|bound| bound.map(|bound| bound / 2)));
}

#[test]
fn a_policy_of_one_try_has_no_retry() {
    for tries in [0, 1] {
        assert_eq!(millis(Backoff { tries, ..POLICY }, 1.0), [None; 8]);
    }
}

#[test]
fn high_retry_numbers_do_not_overflow() {
    let endless = Backoff { tries: u32::MAX, ..POLICY };
    for retry in [31, 32, 1_000_000, u32::MAX - 2] {
        assert_eq!(endless.delay(retry, &FixedRandom(1.0)), Some(POLICY.most));
    }
    assert_eq!(endless.delay(u32::MAX, &FixedRandom(1.0)), None);
}

#[test]
fn jitter_spreads_the_delays() {
    let ids = MemoryIds::seeded(1);
    let mut delays: Vec<SignedDuration> = (0..100).filter_map(|_| POLICY.delay(4, &ids)).collect();
    assert!(delays.iter().all(|delay| *delay <= POLICY.most && !delay.is_negative()));
    delays.sort();
    delays.dedup();
    assert!(delays.len() > 90, "only {} different delays", delays.len());
}
