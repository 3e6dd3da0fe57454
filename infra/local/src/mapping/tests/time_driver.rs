//! Mappings under a clock that is walked: it waits for what they have to do, and not for what waits for it.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::{
    cloud::{TimeAdvance, TimeDriver},
    idle::Idle,
    lambda::fixture::{Behaviour, Fixture},
    mapping::StreamWatch,
};

use super::{
    mapping, queue,
    shard::{Shard, batches, begin, poison},
};

/// Walks five hours.
async fn walk(fixture: &Fixture, watch: Arc<dyn Idle>, streams: Vec<StreamWatch>) -> TimeAdvance {
    let time_driver = TimeDriver::new(fixture.clock.clone(), fixture.functions.clone(), vec![watch], streams);
    time_driver.advance(fixture.clock.now() + SignedDuration::from_hours(5), Duration::from_secs(600)).await
}

/// How many seconds after the start each invocation was cut off, had it not ended.
fn deadlines(fixture: &Fixture, start: jiff::Timestamp) -> Vec<i64> {
    let invocations = fixture.function.invocations.lock().unwrap();
    invocations.iter().map(|one| one.deadline.duration_since(start).as_secs()).collect()
}

#[tokio::test]
async fn what_stands_in_a_stream_is_done_before_the_clock_moves() {
    let fixture = Fixture::new([]);
    let start = fixture.clock.now();
    let shard = Shard::of(&fixture);
    let work = begin(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let walked = walk(&fixture, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
    assert_eq!(deadlines(&fixture, start), [3, 3]);
    assert!(walked.settled);
}

#[tokio::test]
async fn a_shard_that_waits_for_its_next_try_is_walked_to_it() {
    let fixture = Fixture::new([]);
    let start = fixture.clock.now();
    let shard = Shard::of(&fixture);
    poison(&fixture, "r1");
    let work = begin(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let walked = walk(&fixture, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
    assert!(walked.settled);
    assert!(batches(&fixture).iter().all(|batch| batch == &["r1"]));
    // Tried again after 1, 2, 4, 8, … seconds, and in the end every minute.
    assert_eq!(deadlines(&fixture, start)[..6], [3, 4, 6, 10, 18, 34]);
    assert!(batches(&fixture).len() > 300, "{}", batches(&fixture).len());
}

#[tokio::test]
async fn what_stands_in_a_queue_is_done_before_the_clock_moves() {
    let fixture = Fixture::new([Behaviour::Fail]);
    let start = fixture.clock.now();
    let (queue, watch, _work) = queue::watched(&fixture, mapping(1));
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let walked = walk(&fixture, Arc::new(watch), Vec::new()).await;
    assert_eq!(deadlines(&fixture, start), [3; 7]);
    assert_eq!(queue.deleted().len(), 6);
    assert!(walked.settled);
}

#[tokio::test]
async fn a_queue_whose_function_is_gone_holds_up_no_walk() {
    let fixture = Fixture::new([]);
    let (queue, watch, _work) = queue::watched(&fixture, mapping(1));
    fixture.functions.remove(crate::lambda::fixture::ARN);
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let walked = walk(&fixture, Arc::new(watch), Vec::new()).await;
    assert!(walked.settled);
}
