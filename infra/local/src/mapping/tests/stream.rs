//! Mappings of streams, on an in-memory shard, and mappings with the time driver, which waits until they are idle and does
//! not wait for those that wait for the clock.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    clock::Clock,
    idle::Idle,
    lambda::{
        FunctionError,
        fixture::{
            ARN,
            Behaviour::{self, Answer, Fail, Hang},
            FAILURES, Fixture, function, oversold,
        },
    },
    mapping::{Filter, MappingActivity, SourceError, StreamMapping, StreamRecord, StreamSource, StreamWatch},
    template::{Mapping, StartingPosition},
    time_driver::{TimeAdvance, TimeDriver},
};

use super::{failures, mapping, texts, watched};

struct Shard {
    clock: Clock,
    records: Mutex<Vec<StreamRecord>>,
    written: Notify,
}

#[async_trait]
impl StreamSource for Shard {
    fn stream_arn(&self) -> String {
        "arn:aws:dynamodb:eu-central-1:000000000000:table/events/stream/1".to_owned()
    }

    fn shard_id(&self) -> String {
        "shardId-1".to_owned()
    }

    async fn read(&self, after: Option<&str>, max: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let records = self.records.lock().unwrap();
        let after = records.iter().filter(|record| after.is_none_or(|after| record.sequence_number.as_str() > after));
        Ok(after.take(max).cloned().collect())
    }

    async fn newest(&self) -> Result<Option<String>, SourceError> {
        Ok(self.records.lock().unwrap().last().map(|record| record.sequence_number.clone()))
    }

    async fn changed(&self) {
        self.written.notified().await;
    }
}

impl Shard {
    /// A fixture with this script, and an empty shard on its clock.
    fn new(script: impl IntoIterator<Item = Behaviour>) -> (Fixture, Arc<Self>) {
        let fixture = Fixture::new(script);
        let shard = Arc::new(Self { clock: fixture.clock.clone(), records: Mutex::default(), written: Notify::new() });
        (fixture, shard)
    }

    /// Writes records of these kinds.
    fn write(&self, kinds: &[&str]) {
        let mut records = self.records.lock().unwrap();
        for kind in kinds {
            let sequence_number = format!("r{}", records.len() + 1);
            let record = json!({ "eventName": kind, "dynamodb": { "SequenceNumber": sequence_number } });
            records.push(StreamRecord { sequence_number, created: self.clock.now(), record });
        }
        self.written.notify_one();
    }
}

/// A running mapping.
struct RunningMapping {
    task: JoinHandle<()>,
    watch: StreamWatch,
    activity: Arc<Mutex<Vec<MappingActivity>>>,
}

impl RunningMapping {
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

fn run_mapping(fixture: &Fixture, shard: &Arc<Shard>, mapping: Mapping) -> RunningMapping {
    let activity: Arc<Mutex<Vec<MappingActivity>>> = Arc::default();
    let recorded = Arc::clone(&activity);
    let filter = Filter::parse(&mapping.filters).unwrap();
    let opened = StreamMapping::open(
        Some(&fixture.path("feed.journal")),
        mapping,
        filter,
        shard.clone(),
        fixture.functions.clone(),
        fixture.queues.clone(),
        Arc::new(move |step| recorded.lock().unwrap().push(step)),
    );
    let opened = opened.unwrap();
    let watch = opened.watch();
    RunningMapping { task: tokio::spawn(opened.run()), watch, activity }
}

/// The batches that the function received, by sequence numbers.
fn batches(fixture: &Fixture) -> Vec<Vec<String>> {
    let invocations = fixture.function.invocations.lock().unwrap();
    let payloads = invocations.iter().map(|one| serde_json::from_str::<Value>(&one.payload).unwrap());
    payloads.map(|payload| texts(&payload, "/dynamodb/SequenceNumber")).collect()
}

/// Makes the function fail on every batch with this record.
fn poison(fixture: &Fixture, number: &'static str) {
    *fixture.function.fallback.lock().unwrap() =
        Some(Box::new(move |payload: &Value| -> Result<String, FunctionError> {
            match texts(payload, "/dynamodb/SequenceNumber").iter().any(|one| one == number) {
                true => Err(oversold()),
                false => Ok("null".to_owned()),
            }
        }));
}

const FOUR: [&str; 4] = ["INSERT"; 4];
const EIGHT: [&str; 8] = ["INSERT"; 8];

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn records_are_read_in_order_and_in_batches() {
    let (fixture, shard) = Shard::new([]);
    let work = run_mapping(&fixture, &shard, mapping(3));
    shard.write(&FOUR);
    fixture.settle().await;
    shard.write(&["INSERT"]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2", "r3"], vec!["r4"], vec!["r5"]]);
    assert_eq!(
        *work.activity.lock().unwrap(),
        [MappingActivity::Succeeded(3), MappingActivity::Succeeded(1), MappingActivity::Succeeded(1)]
    );
}

#[tokio::test]
async fn a_restart_continues_after_the_checkpoint() {
    let (fixture, shard) = Shard::new([]);
    let work = run_mapping(&fixture, &shard, mapping(100));
    shard.write(&["INSERT", "INSERT"]);
    fixture.settle().await;
    work.kill().await;
    shard.write(&["INSERT"]);
    fixture.settle().await;
    let _work = run_mapping(&fixture, &shard, mapping(100));
    fixture.settle().await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2"], vec!["r3"]]);
}

#[tokio::test]
async fn a_restart_during_a_batch_repeats_it() {
    let (fixture, shard) = Shard::new([Hang]);
    let work = run_mapping(&fixture, &shard, mapping(100));
    shard.write(&["INSERT", "INSERT"]);
    fixture.settle().await;
    work.kill().await;
    let _work = run_mapping(&fixture, &shard, mapping(100));
    fixture.settle().await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2"], vec!["r1", "r2"]]);
}

#[tokio::test]
async fn without_a_retry_limit_a_poison_record_blocks_the_shard() {
    let (fixture, shard) = Shard::new([]);
    poison(&fixture, "r1");
    let _work = run_mapping(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    fixture.advance(hours(5)).await;
    let batches = batches(&fixture);
    assert!(batches.len() > 100, "{}", batches.len());
    assert!(batches.iter().all(|batch| *batch == ["r1"]));
}

#[tokio::test]
async fn a_record_is_discarded_after_the_retention_period() {
    let (fixture, shard) = Shard::new([]);
    poison(&fixture, "r1");
    let work = run_mapping(&fixture, &shard, mapping(1));
    shard.write(&["INSERT"]);
    fixture.advance(hours(23)).await;
    shard.write(&["INSERT"]);
    fixture.advance(hours(2)).await;
    assert_eq!(batches(&fixture).last().unwrap(), &["r2"]);
    let discarded = MappingActivity::Discarded(1, "RecordAgeExceeded and no destination".to_owned());
    assert!(work.activity.lock().unwrap().contains(&discarded));
}

#[tokio::test]
async fn a_batch_that_exhausts_its_retries_is_reported_and_the_stream_continues() {
    let (fixture, shard) = Shard::new([]);
    poison(&fixture, "r2");
    let capped = Mapping { retries: Some(2), on_failure_arn: Some(FAILURES.to_owned()), ..mapping(2) };
    let _work = run_mapping(&fixture, &shard, capped);
    shard.write(&["INSERT"; 3]);
    fixture.advance(SignedDuration::from_secs(10)).await;
    let twice = vec!["r1", "r2"];
    assert_eq!(batches(&fixture), [twice.clone(), twice.clone(), twice, vec!["r3"]]);
    let id = fixture.function.invocations.lock().unwrap()[2].request_id.clone();
    let record = json!({
        "requestContext": {
            "requestId": id,
            "functionArn": ARN,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "version": "1.0",
        "timestamp": "2026-11-21T05:00:03.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-1",
            "startSequenceNumber": "r1",
            "endSequenceNumber": "r2",
            "approximateArrivalOfFirstRecord": "2026-11-21T05:00:00Z",
            "approximateArrivalOfLastRecord": "2026-11-21T05:00:00Z",
            "batchSize": 2,
            "streamArn": "arn:aws:dynamodb:eu-central-1:000000000000:table/events/stream/1",
        },
    });
    assert_eq!(fixture.queues.bodies(FAILURES), [record]);
}

#[tokio::test]
async fn bisecting_finds_the_poison_record_and_all_others_are_handled_once() {
    let (fixture, shard) = Shard::new([]);
    poison(&fixture, "r5");
    let mut bisecting = mapping(100);
    (bisecting.bisect_on_error, bisecting.retries) = (true, Some(1));
    bisecting.on_failure_arn = Some(FAILURES.to_owned());
    let work = run_mapping(&fixture, &shard, bisecting);
    shard.write(&EIGHT);
    fixture.advance(hours(1)).await;
    let records = fixture.queues.bodies(FAILURES);
    let info = &records[0]["DDBStreamBatchInfo"];
    assert_eq!((records.len(), &info["startSequenceNumber"], &info["batchSize"]), (1, &json!("r5"), &json!(1)));
    let done: usize = work
        .activity
        .lock()
        .unwrap()
        .iter()
        .map(|one| if let MappingActivity::Succeeded(n) = one { *n } else { 0 })
        .sum();
    assert_eq!(done, 7);
    let all = batches(&fixture);
    let good: Vec<_> = all.iter().filter(|batch| !batch.iter().any(|one| one == "r5")).flatten().collect();
    assert_eq!(good, ["r1", "r2", "r3", "r4", "r6", "r7", "r8"]);
}

#[tokio::test]
async fn a_partial_failure_repeats_from_the_first_failed_record_and_an_unknown_identifier_the_whole_batch() {
    for (response, repeated) in [
        (r#"{"batchItemFailures":[{"itemIdentifier":"r4"},{"itemIdentifier":"r3"}]}"#, vec!["r3", "r4"]),
        (r#"{"batchItemFailures":[{"itemIdentifier":"r9"}]}"#, vec!["r1", "r2", "r3", "r4"]),
    ] {
        let (fixture, shard) = Shard::new([Answer(response), Answer("null")]);
        let _work = run_mapping(&fixture, &shard, Mapping { reports_failed_items: true, ..mapping(100) });
        shard.write(&FOUR);
        fixture.advance(hours(1)).await;
        assert_eq!(batches(&fixture), [vec!["r1", "r2", "r3", "r4"], repeated]);
    }
}

#[tokio::test]
async fn bisecting_also_splits_a_batch_whose_first_record_is_reported_as_failed() {
    let (fixture, shard) = Shard::new([]);
    *fixture.function.fallback.lock().unwrap() = Some(Box::new(|payload: &Value| {
        let poisoned = texts(payload, "/dynamodb/SequenceNumber").iter().any(|one| one == "r1");
        Ok(if poisoned { failures(&["r1"]) } else { "null".to_owned() })
    }));
    let mut bisecting = mapping(100);
    (bisecting.bisect_on_error, bisecting.reports_failed_items, bisecting.retries) = (true, true, Some(0));
    bisecting.on_failure_arn = Some(FAILURES.to_owned());
    let _work = run_mapping(&fixture, &shard, bisecting);
    shard.write(&FOUR);
    fixture.advance(hours(1)).await;
    let records = fixture.queues.bodies(FAILURES);
    assert_eq!((records.len(), &records[0]["DDBStreamBatchInfo"]["batchSize"]), (1, &json!(1)));
    assert_eq!(records[0]["responseContext"].get("functionError"), None);
    assert_eq!(batches(&fixture)[2..], [vec!["r1"], vec!["r2"], vec!["r3", "r4"]]);
}

#[tokio::test]
async fn records_before_the_first_reported_failure_are_not_repeated_after_a_restart() {
    let (fixture, shard) = Shard::new([Answer(r#"{"batchItemFailures":[{"itemIdentifier":"r3"}]}"#)]);
    let partial = Mapping { reports_failed_items: true, ..mapping(100) };
    let work = run_mapping(&fixture, &shard, partial.clone());
    shard.write(&FOUR);
    fixture.settle().await;
    work.kill().await;
    let _work = run_mapping(&fixture, &shard, partial);
    fixture.settle().await;
    assert_eq!(batches(&fixture).last().unwrap(), &["r3", "r4"]);
}

#[tokio::test]
async fn a_record_beyond_its_maximum_age_is_given_up_and_reported() {
    let (fixture, shard) = Shard::new([]);
    poison(&fixture, "r1");
    let short = Mapping { maximum_age_seconds: Some(60), on_failure_arn: Some(FAILURES.to_owned()), ..mapping(1) };
    let _work = run_mapping(&fixture, &shard, short);
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(50)).await;
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(60)).await;
    let records = fixture.queues.bodies(FAILURES);
    assert_eq!(records[0]["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!((records.len(), batches(&fixture).last().unwrap().as_slice()), (1, ["r2".to_owned()].as_slice()));
}

#[tokio::test]
async fn records_that_do_not_match_the_filter_are_skipped() {
    let (fixture, shard) = Shard::new([]);
    let inserts = Mapping { filters: vec![r#"{"eventName":["INSERT"]}"#.to_owned()], ..mapping(100) };
    let work = run_mapping(&fixture, &shard, inserts.clone());
    shard.write(&["REMOVE", "INSERT", "MODIFY"]);
    fixture.settle().await;
    shard.write(&["MODIFY"]);
    fixture.settle().await;
    work.kill().await;
    let _work = run_mapping(&fixture, &shard, inserts);
    shard.write(&["INSERT"]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [["r2"], ["r5"]]);
}

#[tokio::test]
async fn the_latest_starting_position_is_kept_over_a_restart() {
    let (fixture, shard) = Shard::new([]);
    shard.write(&["INSERT"]);
    let latest = Mapping { starting_position: StartingPosition::Latest, ..mapping(100) };
    let work = run_mapping(&fixture, &shard, latest.clone());
    fixture.settle().await;
    work.kill().await;
    shard.write(&["INSERT"]);
    let _work = run_mapping(&fixture, &shard, latest);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [["r2"]]);
}

#[tokio::test]
async fn a_batching_window_ends_with_a_full_batch_or_its_time() {
    let (fixture, shard) = Shard::new([]);
    let windowed = Mapping { window_seconds: 5, ..mapping(3) };
    let _work = run_mapping(&fixture, &shard, windowed);
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(4)).await;
    assert_eq!(fixture.invocation_count(), 0);
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(1)).await;
    assert_eq!(batches(&fixture), [["r1", "r2"]]);
    shard.write(&["INSERT"; 3]);
    fixture.settle().await;
    assert_eq!(batches(&fixture).last().unwrap(), &["r3", "r4", "r5"]);
}

#[tokio::test]
async fn a_mapping_waits_for_its_function() {
    let (fixture, shard) = Shard::new([]);
    fixture.functions.remove(ARN);
    let _work = run_mapping(&fixture, &shard, mapping(100));
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(30)).await;
    fixture.functions.put(function());
    fixture.advance(SignedDuration::from_secs(1)).await;
    assert_eq!(batches(&fixture), [["r1"]]);
}

/// Advances the clock by five hours.
async fn advance_with_driver(fixture: &Fixture, watch: Arc<dyn Idle>, streams: Vec<StreamWatch>) -> TimeAdvance {
    let time_driver = TimeDriver::new(fixture.clock.clone(), fixture.functions.clone(), vec![watch], streams);
    time_driver.advance(fixture.clock.now() + SignedDuration::from_hours(5), Duration::from_secs(600)).await
}

/// The timeout of each invocation, in seconds after the start.
fn deadlines(fixture: &Fixture, start: Timestamp) -> Vec<i64> {
    let invocations = fixture.function.invocations.lock().unwrap();
    invocations.iter().map(|one| one.deadline.duration_since(start).as_secs()).collect()
}

#[tokio::test]
async fn records_in_a_stream_are_handled_before_the_clock_moves() {
    let (fixture, shard) = Shard::new([]);
    let start = fixture.clock.now();
    let work = run_mapping(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    let advance = advance_with_driver(&fixture, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
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
    let advance = advance_with_driver(&fixture, Arc::new(work.watch.clone()), vec![work.watch.clone()]).await;
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
    let (queue, watch, _work) = watched(&fixture, mapping(1));
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let advance = advance_with_driver(&fixture, Arc::new(watch), Vec::new()).await;
    assert_eq!(deadlines(&fixture, start), [3; 7]);
    assert_eq!(queue.deleted().len(), 6);
    assert!(advance.settled);
}

#[tokio::test]
async fn a_queue_whose_function_was_deleted_does_not_block_the_clock() {
    let fixture = Fixture::new([]);
    let (queue, watch, _work) = watched(&fixture, mapping(1));
    fixture.functions.remove(ARN);
    queue.send(&["1", "2", "3", "4", "5", "6", "7"]);
    let advance = advance_with_driver(&fixture, Arc::new(watch), Vec::new()).await;
    assert!(advance.settled);
}
