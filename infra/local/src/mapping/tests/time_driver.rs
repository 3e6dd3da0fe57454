//! Mappings with the time driver, which waits until they are idle and does not wait for those that wait for the clock.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::{
    cloud::{TimeAdvance, TimeDriver},
    idle::Idle,
    lambda::fixture::{Behaviour::Fail, Fixture},
    mapping::StreamWatch,
};

use super::{
    mapping, queue,
    shard::{Shard, batches, poison, run_mapping},
};

/// Advances the clock by five hours.
async fn advance(fixture: &Fixture, watch: Arc<dyn Idle>, streams: Vec<StreamWatch>) -> TimeAdvance {
    let time_driver = TimeDriver::new(fixture.clock.clone(), fixture.functions.clone(), vec![watch], streams);
    time_driver.advance(fixture.clock.now() + SignedDuration::from_hours(5), Duration::from_secs(600)).await
}

/// The timeout of each invocation, in seconds after the start.
fn deadlines(fixture: &Fixture, start: jiff::Timestamp) -> Vec<i64> {
    let invocations = fixture.function.invocations.lock().unwrap();
    invocations.iter().map(|one| one.deadline.duration_since(start).as_secs()).collect()
}

#[tokio::test]
async fn records_in_a_stream_are_handled_before_the_clock_moves() {
    let (fixture, shard) = Shard::new([]);
    let start = fixture.clock.now();
    let work = run_mapping(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let advance = self::advance(&fixture, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
    assert_eq!(deadlines(&fixture, start), [3, 3]);
    assert!(advance.settled);
}

#[tokio::test]
async fn the_clock_advances_to_the_retry_of_a_shard() {
    let (fixture, shard) = Shard::new([]);
    let start = fixture.clock.now();
    poison(&fixture, "r1");
    let work = run_mapping(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let advance = self::advance(&fixture, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
    assert!(advance.settled);
    assert!(batches(&fixture).iter().all(|batch| batch == &["r1"]));
    // Retried after 1, 2, 4, 8, … seconds, and in the end every minute.
    assert_eq!(deadlines(&fixture, start)[..6], [3, 4, 6, 10, 18, 34]);
    assert!(batches(&fixture).len() > 300, "{}", batches(&fixture).len());
}

#[tokio::test]
async fn messages_in_a_queue_are_handled_before_the_clock_moves() {
    let fixture = Fixture::new([Fail]);
    let start = fixture.clock.now();
    let (queue, watch, _work) = queue::watched(&fixture, mapping(1));
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let advance = self::advance(&fixture, Arc::new(watch), Vec::new()).await;
    assert_eq!(deadlines(&fixture, start), [3; 7]);
    assert_eq!(queue.deleted().len(), 6);
    assert!(advance.settled);
}

#[tokio::test]
async fn a_queue_whose_function_was_deleted_does_not_block_the_clock() {
    let fixture = Fixture::new([]);
    let (queue, watch, _work) = queue::watched(&fixture, mapping(1));
    fixture.functions.remove(crate::lambda::fixture::ARN);
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let advance = self::advance(&fixture, Arc::new(watch), Vec::new()).await;
    assert!(advance.settled);
}
