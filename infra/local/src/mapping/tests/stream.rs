//! Stream mappings.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    lambda::fixture::{
        ARN,
        Behaviour::{Answer, Hang},
        FAILURES, function,
    },
    mapping::MappingActivity,
    template::{Mapping, StartingPosition},
};

use super::{
    failures, mapping,
    shard::{Shard, batches, poison, run_mapping},
    texts,
};

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
async fn a_partial_failure_repeats_from_the_first_failed_record() {
    let (fixture, shard) = Shard::new([
        Answer(r#"{"batchItemFailures":[{"itemIdentifier":"r4"},{"itemIdentifier":"r3"}]}"#),
        Answer("null"),
    ]);
    let partial = Mapping { reports_failed_items: true, ..mapping(100) };
    let _work = run_mapping(&fixture, &shard, partial);
    shard.write(&FOUR);
    fixture.advance(hours(1)).await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2", "r3", "r4"], vec!["r3", "r4"]]);
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
async fn an_unknown_identifier_repeats_the_whole_batch() {
    let (fixture, shard) = Shard::new([Answer(r#"{"batchItemFailures":[{"itemIdentifier":"r9"}]}"#)]);
    let partial = Mapping { reports_failed_items: true, ..mapping(100) };
    let _work = run_mapping(&fixture, &shard, partial);
    shard.write(&["INSERT", "INSERT"]);
    fixture.advance(hours(1)).await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2"], vec!["r1", "r2"]]);
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
