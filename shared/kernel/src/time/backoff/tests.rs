//! Waiting grows, has a bound, is spread by chance, and ends.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    memory::MemoryIds,
    time::{backoff::Backoff, clock::Ids},
};

const PATIENT: Backoff =
    Backoff { first: SignedDuration::from_millis(100), most: SignedDuration::from_secs(1), tries: 7 };

/// Random numbers that are always the same.
struct Loaded(f64);

impl Ids for Loaded {
    fn uuid(&self, _: Timestamp) -> Uuid {
        Uuid::nil()
    }

    fn random(&self) -> f64 {
        self.0
    }
}

fn millis(backoff: Backoff, rng: f64) -> Vec<Option<i128>> {
    (0..8).map(|retry| backoff.delay(retry, &Loaded(rng)).map(|delay| delay.as_millis())).collect()
}

#[test]
fn the_bound_doubles_up_to_the_most_and_the_tries_end() {
    let bounds = [Some(100), Some(200), Some(400), Some(800), Some(1000), Some(1000), None, None];
    assert_eq!(millis(PATIENT, 1.0), bounds);
    assert_eq!(millis(PATIENT, 0.0), bounds.map(|bound| bound.map(|_| 0)));
    assert_eq!(millis(PATIENT, 0.5), bounds.map(|bound| bound.map(|bound| bound / 2)));
}

#[test]
fn one_try_or_none_is_no_retry() {
    for tries in [0, 1] {
        assert_eq!(millis(Backoff { tries, ..PATIENT }, 1.0), [None; 8]);
    }
}

#[test]
fn no_retry_is_too_late_to_count() {
    let endless = Backoff { tries: u32::MAX, ..PATIENT };
    for retry in [31, 32, 1_000_000, u32::MAX - 2] {
        assert_eq!(endless.delay(retry, &Loaded(1.0)), Some(PATIENT.most));
    }
    assert_eq!(endless.delay(u32::MAX, &Loaded(1.0)), None);
}

#[test]
fn losers_do_not_meet_again() {
    let ids = MemoryIds::seeded(1);
    let mut delays: Vec<SignedDuration> = (0..100).filter_map(|_| PATIENT.delay(4, &ids)).collect();
    assert!(delays.iter().all(|delay| *delay <= PATIENT.most && !delay.is_negative()));
    delays.sort();
    delays.dedup();
    assert!(delays.len() > 90, "only {} different delays", delays.len());
}
