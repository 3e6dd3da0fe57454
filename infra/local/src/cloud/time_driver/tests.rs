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
        Invokes,
        stage::{ARN, Act, Stage},
    },
};

const PATIENCE: Duration = Duration::from_secs(600);

fn time_driver(stage: &Stage) -> (TimeDriver, Arc<Invokes>) {
    let invokes = Arc::new(stage.invokes());
    (TimeDriver::new(stage.clock.clone(), stage.functions.clone(), vec![invokes.clone()], Vec::new()), invokes)
}

/// When the function was begun, in seconds after the start. Its deadline is three seconds later.
fn begun(stage: &Stage, start: Timestamp) -> Vec<i64> {
    let seen = stage.actor.seen.lock().unwrap();
    seen.iter().map(|one| one.deadline.duration_since(start).as_secs() - 3).collect()
}

#[tokio::test]
async fn each_retry_comes_at_its_minute_although_the_last_one_is_far_behind_the_first() {
    let stage = Stage::set([Act::Fail, Act::Fail, Act::Answer("1")]);
    let start = stage.clock.now();
    let (time_driver, invokes) = time_driver(&stage);
    invokes.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    let walked = time_driver.advance(start + SignedDuration::from_hours(72), PATIENCE).await;
    assert_eq!(begun(&stage, start), [0, 60, 180]);
    assert!(walked.settled);
    assert_eq!(walked.now, start + SignedDuration::from_hours(72));
    assert_eq!(invokes.waiting(), 0);
}

#[tokio::test]
async fn who_sleeps_again_and_again_wakes_each_time() {
    let stage = Stage::set([]);
    let (time_driver, _invokes) = time_driver(&stage);
    let count = Arc::new(AtomicU64::new(0));
    let (clock, counting) = (stage.clock.clone(), Arc::clone(&count));
    tokio::spawn(async move {
        loop {
            clock.sleep(SignedDuration::from_secs(20)).await;
            counting.fetch_add(1, SeqCst);
        }
    });
    stage.settle().await;
    let walked = time_driver.advance(stage.clock.now() + SignedDuration::from_hours(72), PATIENCE).await;
    assert_eq!((count.load(SeqCst), walked.wakes, walked.settled), (12_960, 12_960, true));
}

#[tokio::test]
async fn a_function_that_does_not_end_holds_up_no_walk_and_that_is_said() {
    let stage = Stage::set([Act::Hang]);
    let target = stage.clock.now() + SignedDuration::from_secs(2);
    let (time_driver, invokes) = time_driver(&stage);
    invokes.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    let walked = time_driver.advance(target, Duration::from_millis(5)).await;
    assert_eq!((walked.now, walked.settled), (target, false));
    assert_eq!((stage.tries(), invokes.waiting()), (1, 1));
}

#[tokio::test]
async fn a_leap_arrives_at_once_and_what_was_due_on_the_way_is_late() {
    let stage = Stage::set([Act::Fail]);
    let start = stage.clock.now();
    let (time_driver, invokes) = time_driver(&stage);
    invokes.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    stage.settle().await;
    time_driver.jump(start + SignedDuration::from_hours(1)).await;
    stage.settle().await;
    assert_eq!(begun(&stage, start), [0, 3_600]);
}

#[tokio::test]
async fn a_walk_back_moves_nothing() {
    let stage = Stage::set([]);
    let (time_driver, _invokes) = time_driver(&stage);
    let now = stage.clock.now();
    let walked = time_driver.advance(now - SignedDuration::from_secs(5), PATIENCE).await;
    assert_eq!((walked.now, walked.wakes, walked.settled), (now, 0, true));
}
