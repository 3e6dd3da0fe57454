//! Every wake comes when its time has come, and not before what the last one set going has ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::TimeDriver;
use crate::{
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

/// When the function was begun, in seconds after the start. Its deadline is three seconds later.
fn begun(fixture: &Fixture, start: Timestamp) -> Vec<i64> {
    let invocations = fixture.function.invocations.lock().unwrap();
    invocations.iter().map(|one| one.deadline.duration_since(start).as_secs() - 3).collect()
}

#[tokio::test]
async fn each_retry_comes_at_its_minute_although_the_last_one_is_far_behind_the_first() {
    let fixture = Fixture::new([Fail, Fail, Answer("1")]);
    let start = fixture.clock.now();
    let (time_driver, invoker) = time_driver(&fixture);
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    let walked = time_driver.advance(start + SignedDuration::from_hours(72), PATIENCE).await;
    assert_eq!(begun(&fixture, start), [0, 60, 180]);
    assert!(walked.settled);
    assert_eq!(walked.now, start + SignedDuration::from_hours(72));
    assert_eq!(invoker.pending(), 0);
}

#[tokio::test]
async fn who_sleeps_again_and_again_wakes_each_time() {
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
    let walked = time_driver.advance(fixture.clock.now() + SignedDuration::from_hours(72), PATIENCE).await;
    assert_eq!((count.load(SeqCst), walked.wakes, walked.settled), (12_960, 12_960, true));
}

#[tokio::test]
async fn a_function_that_does_not_end_holds_up_no_walk_and_that_is_said() {
    let fixture = Fixture::new([Hang]);
    let target = fixture.clock.now() + SignedDuration::from_secs(2);
    let (time_driver, invoker) = time_driver(&fixture);
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    let walked = time_driver.advance(target, Duration::from_millis(5)).await;
    assert_eq!((walked.now, walked.settled), (target, false));
    assert_eq!((fixture.invocation_count(), invoker.pending()), (1, 1));
}

#[tokio::test]
async fn a_leap_arrives_at_once_and_what_was_due_on_the_way_is_late() {
    let fixture = Fixture::new([Fail]);
    let start = fixture.clock.now();
    let (time_driver, invoker) = time_driver(&fixture);
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    fixture.settle().await;
    time_driver.jump(start + SignedDuration::from_hours(1)).await;
    fixture.settle().await;
    assert_eq!(begun(&fixture, start), [0, 3_600]);
}

#[tokio::test]
async fn a_walk_back_moves_nothing() {
    let fixture = Fixture::new([]);
    let (time_driver, _invokes) = time_driver(&fixture);
    let now = fixture.clock.now();
    let walked = time_driver.advance(now - SignedDuration::from_secs(5), PATIENCE).await;
    assert_eq!((walked.now, walked.wakes, walked.settled), (now, 0, true));
}
