//! What ids and chance promise.

use std::collections::HashSet;

use jiff::Timestamp;
use kernel::clock::Clock;
use kernel::clock::Ids;

use super::OsIds;
use super::SystemClock;

#[test]
fn an_id_says_its_time_and_is_never_given_twice() {
    let at = Timestamp::from_millisecond(1_763_000_000_123).unwrap();
    let ids: Vec<_> = (0..1_000).map(|_| OsIds.uuid(at)).collect();
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    assert!(ids.iter().all(|id| id.as_u128() >> 80 == 1_763_000_000_123));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1_000);
}

#[test]
fn chance_lies_between_nothing_and_one_and_differs() {
    let drawn: Vec<f64> = (0..1_000).map(|_| OsIds.chance()).collect();
    assert!(drawn.iter().all(|chance| (0.0..1.0).contains(chance)));
    let mean = drawn.iter().sum::<f64>() / 1_000.0;
    assert!((0.4..0.6).contains(&mean), "{mean}");
}

#[test]
fn the_clock_goes_forward() {
    let before = SystemClock.now();
    assert!(SystemClock.now() >= before);
}
