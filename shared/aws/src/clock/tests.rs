//! What ids and chance promise.

use std::collections::HashSet;

use causeway::time::clock::{Clock, Ids};
use jiff::{SignedDuration, Timestamp};

use super::{LinearClock, OsIds, SystemClock, clock_from_env};

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
    let drawn: Vec<f64> = (0..1_000).map(|_| OsIds.random()).collect();
    assert!(drawn.iter().all(|chance| (0.0..1.0).contains(chance)));
    let mean = drawn.iter().sum::<f64>() / 1_000.0;
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
    let position_of = linear("2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*0");
    let fast = linear("2026-11-24T05:00:00Z@2026-11-21T05:00:00.25Z*60");
    let (shown, hour) = (position_of.shown, SignedDuration::from_hours(1));
    assert_eq!(position_of.time_at(position_of.at + hour), shown);
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
    let position_of = given("2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*0").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(position_of.now().to_string(), "2026-11-24T05:00:00Z");
    let before = Timestamp::now();
    assert!(given(" ").unwrap_or_else(|error| panic!("{error}")).now() >= before);
    assert!(clock_from_env(|_| None).is_ok());
}

#[test]
fn a_clock_of_another_form_is_refused_by_its_name_with_the_form() {
    for wrong in [
        "soon",
        "2026-11-24T05:00:00Z",
        "2026-11-24T05:00:00Z@2026-11-21T05:00:00Z",
        "2026-11-24@2026-11-21T05:00:00Z*1",
        "2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*-1",
        "2026-11-24T05:00:00Z@2026-11-21T05:00:00Z*NaN",
    ] {
        let Err(error) = clock_from_env(|_| Some(wrong.to_owned())) else { panic!("{wrong} was taken") };
        let said = error.to_string();
        assert!(said.starts_with(&format!("CAUSEWAY_CLOCK is {wrong:?} and must be <time shown>@")), "{said}");
    }
}
