//! How often and when a message is delivered, retried and redriven, and what the bus accepts.

use std::{collections::BTreeSet, sync::Mutex};

use super::*;
use crate::{
    Failure, Handled, Route,
    delivery::Entry,
    testing::tests::{envelope, minute},
};

/// The times at which a handler was called.
type Calls = Arc<Mutex<Vec<Timestamp>>>;

/// A handler that sleeps, and then returns this outcome.
fn handler(calls: &Calls, sleep: SignedDuration, outcome: fn() -> Outcome) -> Route {
    let calls = calls.clone();
    route("counter", move |app: App, _: Received<CountUp>| {
        calls.lock().unwrap().push(app.clock().now());
        async move {
            if !sleep.is_zero() {
                app.clock().sleep(sleep).await;
            }
            outcome()
        }
    })
}

/// Publishes one message to the route, and runs to the end.
fn deliver(seed: u64, faults: Faults, route: Route) -> Simulation {
    let simulation = Simulation::new(Plan::new(seed, faults, vec![route], &Memory::new(seed)));
    let detail = to_raw_value(&json!({ "data": {} })).unwrap();
    simulation.publish(SignedDuration::ZERO, "test", "CountUp", detail);
    simulation.run().unwrap();
    simulation
}

/// The calls of a handler that succeeds.
fn calls(seed: u64, faults: Faults) -> Vec<SignedDuration> {
    let calls = Calls::default();
    let simulation = deliver(seed, faults, handler(&calls, SignedDuration::ZERO, || Ok(Handled::Done)));
    let calls: Vec<_> = calls.lock().unwrap().iter().map(|at| at.duration_since(minute(0))).collect();
    let run_log = simulation.run_log();
    assert_eq!((run_log.deliveries, run_log.ended(Handled::Done)), (calls.len() as u64, calls.len()));
    assert_eq!((run_log.ended(Handled::Rejected), run_log.trace.len()), (0, 0), "the plan is not traced");
    calls
}

#[test]
fn a_message_is_delivered_once_or_two_to_five_times() {
    let copies = |faults| (0..60).map(|seed| calls(seed, faults).len()).collect::<BTreeSet<usize>>();
    assert_eq!(copies(Faults::NONE), [1].into());
    assert_eq!(copies(Faults { doubled: 1.0, ..Faults::NONE }), [2, 3, 4, 5].into());
}

#[test]
fn a_message_is_half_a_second_late_or_five_minutes() {
    for (faults, least, most) in [(Faults::NONE, 450, 500), (Faults { delayed: 1.0, ..Faults::NONE }, 270_000, 300_000)]
    {
        let latest = (0..100).map(|seed| calls(seed, faults)[0].as_millis()).max().unwrap();
        assert!((least..=most).contains(&latest), "{latest} ms");
    }
}

#[test]
fn a_failing_delivery_is_retried_after_one_and_two_minutes_and_then_redriven() {
    let mut redrives = Vec::new();
    for seed in 0..30 {
        let calls = Calls::default();
        let failing = handler(&calls, SignedDuration::ZERO, || Err(Failure::transient("no socket")));
        let simulation = deliver(seed, Faults::NONE, failing);
        let calls = calls.lock().unwrap();
        let pauses: Vec<SignedDuration> = calls.windows(2).map(|two| two[1].duration_since(two[0])).collect();
        for three in pauses.chunks_exact(3) {
            assert_eq!(three[..2], [SignedDuration::from_mins(1), SignedDuration::from_mins(2)]);
            redrives.push(three[2].as_secs());
        }
        let run_log = simulation.run_log();
        assert_eq!((run_log.retried, run_log.killed), (calls.len() as u64, 0));
        assert_eq!(run_log.redriven, pauses.len() as u64 / 3);
        let over = simulation.fault_plan().over();
        assert_eq!(calls.iter().filter(|at| **at > over).count(), 13, "it is stuck when no fault can be the reason");
        assert_eq!(run_log.stuck, ["counter-on-count-up: not handled, will be retried: no socket"]);
    }
    redrives.sort_unstable();
    let (first, last) = (redrives[0], redrives[redrives.len() - 1]);
    assert!((600..700).contains(&first) && (1_700..=1_800).contains(&last), "{redrives:?}");
}

#[test]
fn a_function_is_killed_after_thirty_seconds() {
    for (millis, killed) in [(30_000, 0), (30_001, 2)] {
        let calls = Calls::default();
        let simulation =
            deliver(1, Faults::NONE, handler(&calls, SignedDuration::from_millis(millis), || Ok(Handled::Done)));
        let run_log = simulation.run_log();
        assert_eq!((run_log.killed > 0, run_log.ends.len()), (killed > 0, usize::from(killed == 0)));
        assert_eq!(run_log.stuck.first().map(String::as_str), (killed > 0).then_some("counter-on-count-up: killed"));
    }
}

#[test]
fn a_failure_at_the_last_moment_of_the_faults_may_be_one() {
    let calls = Calls::default();
    let noted = calls.clone();
    let over = minute(0) + SignedDuration::from_hours(1);
    let route = route("counter", move |app: App, _: Received<CountUp>| {
        let now = app.clock().now();
        noted.lock().unwrap().push(now);
        async move {
            if now < over {
                app.clock().sleep(over.duration_since(now)).await;
            }
            Err(Failure::transient("no socket"))
        }
    });
    let simulation = deliver(1, Faults::NONE, route);
    assert_eq!((simulation.run_log().killed, simulation.run_log().retried), (1, 13));
}

#[test]
fn the_bus_accepts_nothing_that_it_throttles_and_everything_else() {
    for (faults, errors) in [
        (Faults::NONE, vec![]),
        (Faults { throttled: 0.3, ..Faults::NONE }, vec!["too many calls", "too many entries"]),
        (Faults { lost: 1.0, ..Faults::NONE }, vec!["the answer was lost"]),
    ] {
        let simulation = Simulation::new(Plan::new(1, faults, Vec::new(), &Memory::new(1)));
        let app = simulation.app().unwrap();
        let outcomes = simulation.schedule().finish(async move {
            let mut outcomes = Vec::new();
            for number in 0..100 {
                let stream = crate::StreamId::parse(&format!("lamp/l-{number}")).unwrap();
                let entry = Entry::from_context("lamp", envelope(&stream, "LampLit", &json!({})));
                outcomes.extend(app.ports().bus.publish(&[entry]).await);
            }
            outcomes.into_iter().map(|outcome| format!("{outcome:?}")).collect::<Vec<String>>()
        });
        let outcomes = outcomes.unwrap();
        assert_eq!(outcomes.len(), 100);
        let accepted = outcomes.iter().filter(|outcome| !outcome.contains("too many")).count();
        assert_eq!(simulation.run_log().published.len(), accepted);
        assert_eq!(simulation.run_log().times.values().sum::<u32>() as usize, accepted);
        let found: BTreeSet<&str> = outcomes.iter().filter_map(|outcome| outcome.split('"').nth(1)).collect();
        assert_eq!(found, errors.into_iter().collect());
    }
}
