//! Each timer fires at its time, and a clock that is opened again shows at least the time that it showed before.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::{ClockState, LONG, TimeDriver, WAL_FILE};
use crate::{
    clock::Clock,
    interfaces::InvokeAsync as _,
    lambda::{
        AsyncInvoker,
        fixture::{
            ARN,
            Behaviour::{Answer, Fail, Hang},
            Fixture,
        },
    },
};

const PATIENCE: Duration = Duration::from_secs(600);

fn time_driver(fixture: &Fixture) -> (TimeDriver, Arc<AsyncInvoker>) {
    let invoker = Arc::new(fixture.invoker());
    (TimeDriver::new(fixture.clock.clone(), fixture.functions.clone(), vec![invoker.clone()], Vec::new()), invoker)
}

/// The times at which the function was invoked, in seconds after the start. Its deadline is three seconds later.
fn invoked_at(fixture: &Fixture, start: Timestamp) -> Vec<i64> {
    let invocations = fixture.function.invocations.lock().unwrap();
    invocations.iter().map(|one| one.deadline.duration_since(start).as_secs() - 3).collect()
}

#[tokio::test]
async fn an_advance_of_days_retries_at_the_right_minutes() {
    let fixture = Fixture::new([Fail, Fail, Answer("1")]);
    let start = fixture.clock.now();
    let (time_driver, invoker) = time_driver(&fixture);
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    let advance = time_driver.advance(start + SignedDuration::from_hours(72), PATIENCE).await;
    assert_eq!(invoked_at(&fixture, start), [0, 60, 180]);
    assert!(advance.settled);
    assert_eq!(advance.now, start + SignedDuration::from_hours(72));
    assert_eq!(invoker.pending(), 0);
}

#[tokio::test]
async fn a_repeated_sleep_wakes_each_time() {
    let fixture = Fixture::new([]);
    let (time_driver, _invokes) = time_driver(&fixture);
    let count = Arc::new(AtomicU64::new(0));
    let (clock, counting) = (fixture.clock.clone(), Arc::clone(&count));
    tokio::spawn(async move {
        loop {
            clock.sleep(SignedDuration::from_secs(20)).await;
            counting.fetch_add(1, SeqCst);
        }
    });
    fixture.settle().await;
    let advance = time_driver.advance(fixture.clock.now() + SignedDuration::from_hours(72), PATIENCE).await;
    assert_eq!((count.load(SeqCst), advance.wakes, advance.settled), (12_960, 12_960, true));
}

#[tokio::test]
async fn an_advance_past_a_hanging_function_is_reported_as_unsettled() {
    let fixture = Fixture::new([Hang]);
    let target = fixture.clock.now() + SignedDuration::from_secs(2);
    let (time_driver, invoker) = time_driver(&fixture);
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    let advance = time_driver.advance(target, Duration::from_millis(5)).await;
    assert_eq!((advance.now, advance.settled), (target, false));
    assert_eq!((fixture.invocation_count(), invoker.pending()), (1, 1));
}

#[tokio::test]
async fn a_jump_is_immediate_and_timers_on_the_way_fire_late() {
    let fixture = Fixture::new([Fail]);
    let start = fixture.clock.now();
    let (time_driver, invoker) = time_driver(&fixture);
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    fixture.settle().await;
    time_driver.jump(start + SignedDuration::from_hours(1)).await;
    fixture.settle().await;
    assert_eq!(invoked_at(&fixture, start), [0, 3_600]);
}

#[tokio::test]
async fn an_advance_to_the_past_changes_nothing() {
    let fixture = Fixture::new([]);
    let (time_driver, _invokes) = time_driver(&fixture);
    let now = fixture.clock.now();
    let advance = time_driver.advance(now - SignedDuration::from_secs(5), PATIENCE).await;
    assert_eq!((advance.now, advance.wakes, advance.settled), (now, 0, true));
}

fn start() -> Timestamp {
    "2026-11-21T05:00:00Z".parse().unwrap()
}

fn wal(folder: &TempDir) -> PathBuf {
    folder.path().join(WAL_FILE)
}

/// The time of a clock that is started in this folder at the real time `now`.
fn shown_after(folder: &TempDir, now: Timestamp) -> Timestamp {
    let clock = Clock::paused(now);
    ClockState::open(Some(&wal(folder)), &clock).unwrap();
    clock.now()
}

#[test]
fn a_restart_does_not_move_the_clock_back() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::paused(start());
    let state = ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    let moved = start() + SignedDuration::from_hours(72);
    state.will_show(moved);
    drop(state);
    assert_eq!(shown_after(&folder, start()), moved);
    let later = moved + SignedDuration::from_hours(1);
    assert_eq!(shown_after(&folder, later), later);
}

#[test]
fn a_fast_clock_never_shows_more_than_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::running(start(), 3_600.0);
    let state = ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    state.log_ahead().unwrap();
    let showed = clock.now();
    drop(state);
    assert!(shown_after(&folder, start()) >= showed);
}

#[test]
fn a_long_log_is_compacted_and_keeps_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::paused(start());
    let state = ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    let seconds = i64::try_from(LONG + LONG / 2).unwrap();
    for second in 1..=seconds {
        state.will_show(start() + SignedDuration::from_secs(second));
    }
    drop(state);
    assert!(std::fs::read_to_string(wal(&folder)).unwrap().lines().count() <= LONG);
    assert_eq!(shown_after(&folder, start()), start() + SignedDuration::from_secs(seconds));
}

#[test]
fn the_clock_of_the_machine_logs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::of_the_machine();
    ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    assert!(clock.line().is_none());
    assert_eq!(std::fs::read(wal(&folder)).unwrap(), b"");
}
