//! Mappings under a clock that is walked: it waits for what they have to do, and not for what waits for it.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::{
    cloud::{TimeAdvance, TimeDriver},
    idle::Idle,
    lambda::stage::{Act, Stage},
    mapping::StreamWatch,
};

use super::{
    mapping, queue,
    shard::{Shard, batches, begin, poison},
};

/// Walks five hours.
async fn walk(stage: &Stage, watch: Arc<dyn Idle>, streams: Vec<StreamWatch>) -> TimeAdvance {
    let time_driver = TimeDriver::new(stage.clock.clone(), stage.functions.clone(), vec![watch], streams);
    time_driver.advance(stage.clock.now() + SignedDuration::from_hours(5), Duration::from_secs(600)).await
}

/// How many seconds after the start each invocation was cut off, had it not ended.
fn deadlines(stage: &Stage, start: jiff::Timestamp) -> Vec<i64> {
    let seen = stage.actor.seen.lock().unwrap();
    seen.iter().map(|one| one.deadline.duration_since(start).as_secs()).collect()
}

#[tokio::test]
async fn what_stands_in_a_stream_is_done_before_the_clock_moves() {
    let stage = Stage::set([]);
    let start = stage.clock.now();
    let shard = Shard::of(&stage);
    let work = begin(&stage, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let walked = walk(&stage, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
    assert_eq!(deadlines(&stage, start), [3, 3]);
    assert!(walked.settled);
}

#[tokio::test]
async fn a_shard_that_waits_for_its_next_try_is_walked_to_it() {
    let stage = Stage::set([]);
    let start = stage.clock.now();
    let shard = Shard::of(&stage);
    poison(&stage, "r1");
    let work = begin(&stage, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let walked = walk(&stage, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
    assert!(walked.settled);
    assert!(batches(&stage).iter().all(|batch| batch == &["r1"]));
    // Tried again after 1, 2, 4, 8, … seconds, and in the end every minute.
    assert_eq!(deadlines(&stage, start)[..6], [3, 4, 6, 10, 18, 34]);
    assert!(batches(&stage).len() > 300, "{}", batches(&stage).len());
}

#[tokio::test]
async fn what_stands_in_a_queue_is_done_before_the_clock_moves() {
    let stage = Stage::set([Act::Fail]);
    let start = stage.clock.now();
    let (queue, watch, _work) = queue::watched(&stage, mapping(1));
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let walked = walk(&stage, Arc::new(watch), Vec::new()).await;
    assert_eq!(deadlines(&stage, start), [3; 7]);
    assert_eq!(queue.deleted().len(), 6);
    assert!(walked.settled);
}

#[tokio::test]
async fn a_queue_whose_function_is_gone_holds_up_no_walk() {
    let stage = Stage::set([]);
    let (queue, watch, _work) = queue::watched(&stage, mapping(1));
    stage.functions.remove(crate::lambda::stage::ARN);
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let walked = walk(&stage, Arc::new(watch), Vec::new()).await;
    assert!(walked.settled);
}
