//! Which faults are injected, and that they end.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

fn plan(faults: Faults, seed: u64) -> FaultPlan {
    let rng = Rng::seeded(seed);
    FaultPlan::new(faults, rng.clone(), Schedule::new(rng, Timestamp::UNIX_EPOCH))
}

/// The plan at another time.
fn at(plan: &FaultPlan, now: Timestamp) -> FaultPlan {
    FaultPlan { schedule: Schedule::new(plan.rng.clone(), now), ..plan.clone() }
}

/// Calls a port; returns how often it was called, and the error.
fn call(plan: &FaultPlan) -> (u32, Option<String>) {
    let calls = std::sync::Arc::new(AtomicU32::new(0));
    let (plan, counter, schedule) = (plan.clone(), calls.clone(), plan.schedule.clone());
    let called = schedule.finish(async move {
        let call = async {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        plan.around(|error| error.to_string(), call).await
    });
    (calls.load(Ordering::Relaxed), called.unwrap().err())
}

#[test]
fn a_call_fails_before_its_effect_or_loses_its_answer_for_an_hour() {
    let throttled = Faults { throttled: 1.0, ..Faults::NONE };
    let lost = Faults { lost: 1.0, ..Faults::NONE };
    for (faults, calls, error) in
        [(Faults::NONE, 1, None), (throttled, 0, Some("too many calls")), (lost, 1, Some("the answer was lost"))]
    {
        let plan = plan(faults, 1);
        assert_eq!(plan.faults(), faults);
        assert_eq!(plan.over(), Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1));
        let last = at(&plan, plan.over() - SignedDuration::from_nanos(1));
        for plan in [&plan, &last] {
            assert_eq!(call(plan), (calls, error.map(str::to_owned)));
        }
        assert_eq!(call(&at(&plan, plan.over())), (1, None), "after the faults");
    }
}

#[test]
fn a_slow_call_takes_up_to_twenty_seconds() {
    let seconds = |faults, seed| {
        let plan = plan(faults, seed);
        call(&plan);
        plan.schedule.now().as_second()
    };
    let slow: Vec<i64> = (0..200).map(|seed| seconds(Faults { slow: 1.0, ..Faults::NONE }, seed)).collect();
    assert!(slow.iter().all(|seconds| (0..=20).contains(seconds)), "{slow:?}");
    assert!(slow.iter().any(|seconds| *seconds < 3) && slow.iter().any(|seconds| *seconds > 17), "{slow:?}");
    assert_eq!(seconds(Faults::NONE, 1), 0);
}

#[test]
fn an_outage_begins_in_the_first_half_and_takes_30_seconds_to_two_minutes() {
    let mut lasting = Vec::new();
    let mut beginning = Vec::new();
    for seed in 0..300 {
        let plan = plan(Faults { outages: 2, ..Faults::NONE }, seed);
        assert_eq!(plan.outages.len(), 2);
        let (from, to) = plan.outages[0];
        beginning.push(from.duration_since(Timestamp::UNIX_EPOCH).as_secs());
        lasting.push(to.duration_since(from).as_secs());
        let one = FaultPlan { outages: vec![(from, to)], ..plan.clone() };
        let moment = SignedDuration::from_nanos(1);
        for (now, fails) in [(from - moment, false), (from, true), (to - moment, true), (to, false)] {
            assert_eq!(call(&at(&one, now)), (u32::from(!fails), fails.then(|| "an outage".to_owned())));
        }
    }
    beginning.sort_unstable();
    lasting.sort_unstable();
    assert!(beginning[0] >= 0 && (1_200..=1_800).contains(&beginning[299]), "{beginning:?}");
    assert!(beginning[150] < 800, "most begin early: {beginning:?}");
    assert!((30..40).contains(&lasting[0]) && (110..=120).contains(&lasting[299]), "{lasting:?}");
}

#[test]
fn a_run_is_killed_at_any_of_its_awaits_and_sooner_rather_than_later() {
    let plan = plan(Faults { killed: 1.0, ..Faults::NONE }, 1);
    let mut awaits: Vec<u32> = (0..5_000).filter_map(|_| plan.last_await(6)).collect();
    assert_eq!(awaits.len(), 5_000);
    awaits.sort_unstable();
    assert_eq!((awaits[0], awaits[4_999]), (1, 6));
    assert!(awaits[2_500] <= 2, "half of the kills are at the first two awaits");
    assert_eq!(self::plan(Faults::NONE, 1).last_await(6), None);
}
