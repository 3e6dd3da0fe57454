//! Ids, random numbers and clocks.

use std::collections::HashSet;

use causeway::time::clock::{Clock, Ids};
use jiff::{SignedDuration, Timestamp};

use super::{LinearClock, OsIds, SystemClock, clock_from_env};

#[test]
fn an_id_holds_its_time_and_is_unique() {
    let at = Timestamp::from_millisecond(1_763_000_000_123).unwrap();
    let ids: Vec<_> = (0..1_000).map(|_| OsIds.uuid(at)).collect();
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    assert!(ids.iter().all(|id| id.as_u128() >> 80 == 1_763_000_000_123));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1_000);
}

#[test]
fn random_numbers_are_uniform_between_0_and_1() {
    let numbers: Vec<f64> = (0..1_000).map(|_| OsIds.random()).collect();
    assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
    let mean = numbers.iter().sum::<f64>() / 1_000.0;
    assert!((0.4..0.6).contains(&mean), "{mean}");
}

#[test]
fn the_clock_goes_forward() {
    let before = SystemClock.now();
    assert!(SystemClock.now() >= before);
}

fn linear(text: &str) -> LinearClock {
    text.parse().unwrap()
}

#[test]
fn a_linear_clock_is_paused_or_runs_faster_than_the_system_clock() {
    let paused = linear("2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*0");
    let fast = linear("2026-11-24T05:00:00Z@2026-11-21T05:00:00.25Z*60");
    let (shown, hour) = (paused.shown, SignedDuration::from_hours(1));
    assert_eq!(paused.time_at(paused.at + hour), shown);
    assert_eq!(fast.time_at(fast.at), shown);
    assert_eq!(fast.time_at(fast.at + hour), shown + SignedDuration::from_hours(60));
    assert_eq!(fast.time_at(fast.at - hour), shown);
    assert_eq!(linear("2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*1e30").time_at(Timestamp::MAX), Timestamp::MAX);
}

#[test]
fn the_environment_configures_the_clock_and_without_it_the_system_clock_is_used() {
    let given = |text: &str| {
        let text = text.to_owned();
        clock_from_env(move |name| (name == "CAUSEWAY_CLOCK").then(|| text.clone()))
    };
    let paused = given("2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*0").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(paused.now().to_string(), "2026-11-24T05:00:00Z");
    let before = Timestamp::now();
    assert!(given(" ").unwrap_or_else(|error| panic!("{error}")).now() >= before);
    assert!(clock_from_env(|_| None).is_ok());
}

#[test]
fn an_invalid_clock_is_an_error_that_names_the_variable_and_the_form() {
    for wrong in [
        "soon",
        "2026-11-24T05:00:00Z",
        "2026-11-24T05:00:00Z@2026-11-21T05:00:00Z",
        "2026-11-24@2026-11-21T05:00:00Z*1",
        "2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*-1",
        "2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*NaN",
    ] {
        let Err(error) = clock_from_env(|_| Some(wrong.to_owned())) else { panic!("{wrong} was accepted") };
        let expected = format!("CAUSEWAY_CLOCK is {wrong:?} and must be <time shown>@");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
