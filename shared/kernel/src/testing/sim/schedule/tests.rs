//! Which task runs when, and runs that do not end.

use std::collections::BTreeSet;

use super::*;

fn schedule(seed: u64) -> Schedule {
    Schedule::new(Rng::seeded(seed), Timestamp::UNIX_EPOCH)
}

/// Each task writes its number, yields, and writes it again.
fn order_of_two_tasks(seed: u64) -> Vec<u32> {
    let (schedule, order) = (schedule(seed), Arc::new(Mutex::new(Vec::new())));
    for task in 0..2 {
        let (inner, order) = (schedule.clone(), Arc::clone(&order));
        schedule.spawn(async move {
            lock(&order).push(task);
            inner.pass().await;
            lock(&order).push(task);
        });
    }
    schedule.run().unwrap();
    lock(&order).clone()
}

#[test]
fn tasks_interleave_in_every_order() {
    let orders: BTreeSet<Vec<u32>> = (0..100).map(order_of_two_tasks).collect();
    assert_eq!(orders.len(), 6, "{orders:?}");
}

#[test]
fn sleepers_wake_by_their_time_and_equal_ones_in_their_order() {
    let (schedule, woken) = (schedule(1), Arc::new(Mutex::new(Vec::new())));
    for (task, seconds) in [(0, 3), (1, 1), (2, 0), (3, 3)] {
        let (clock, woken) = (schedule.clone(), Arc::clone(&woken));
        schedule.spawn(async move {
            clock.sleep(SignedDuration::from_secs(seconds)).await;
            lock(&woken).push((task, clock.now().as_second()));
        });
    }
    schedule.run().unwrap();
    lock(&woken)[2..].sort_unstable();
    assert_eq!(*lock(&woken), [(2, 0), (1, 1), (0, 3), (3, 3)]);
}

#[test]
fn the_clock_also_advances_while_tasks_are_ready() {
    let schedule = schedule(1);
    let (clock, busy) = (schedule.clone(), schedule.clone());
    let slept = Arc::new(AtomicBool::new(false));
    let sleeper = Arc::clone(&slept);
    schedule.spawn(async move {
        clock.sleep(SignedDuration::from_secs(1)).await;
        sleeper.store(true, Ordering::Relaxed);
    });
    let passes = schedule.finish(async move {
        let mut passes = 0;
        while !slept.load(Ordering::Relaxed) {
            busy.pass().await;
            passes += 1;
        }
        passes
    });
    assert!((1..1_000).contains(&passes.unwrap()));
}

#[test]
fn a_dropped_sleep_does_not_move_the_clock() {
    let schedule = schedule(1);
    let clock = schedule.clone();
    let dropped = async move {
        let mut asleep = Vec::new();
        for hours in [0, 1] {
            let mut sleep = clock.sleep(SignedDuration::from_hours(hours));
            for _ in 0..2 {
                asleep.push(poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context).is_pending())).await);
            }
        }
        asleep
    };
    assert_eq!(schedule.finish(dropped), Ok(vec![true, false, true, true]), "each sleep yields once at least");
    assert_eq!(schedule.now(), Timestamp::UNIX_EPOCH);
}

#[test]
fn a_task_that_has_ended_leaves_its_place_to_the_next() {
    let schedule = schedule(1);
    for _ in 0..10 {
        schedule.spawn(async {});
        schedule.run().unwrap();
    }
    assert_eq!(lock(&schedule.state).tasks.len(), 1);
    assert_eq!(schedule.steps(), 20, "each run polls the task and finds none");
}

#[test]
fn a_run_that_does_not_end_is_an_error_and_stays_one() {
    let schedule = schedule(1);
    lock(&schedule.state).steps = MAX_STEPS - 100;
    let passing = schedule.clone();
    schedule.spawn(async move {
        loop {
            passing.pass().await;
        }
    });
    assert_eq!(schedule.run(), Err(Endless));
    assert_eq!(schedule.steps(), MAX_STEPS + 1);
    assert_eq!(schedule.run(), Err(Endless));
    schedule.clear();
    assert!(lock(&schedule.state).tasks.is_empty() && lock(&schedule.ready).is_empty());
}
