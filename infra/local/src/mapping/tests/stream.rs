//! Streams.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    lambda::fixture::{ARN, Behaviour, FAILURES, Fixture, function},
    mapping::Happened,
    template::StartingPosition,
};

use super::{
    failures, mapping,
    shard::{Shard, batches, begin, poison},
    told,
};

const FOUR: [&str; 4] = ["INSERT"; 4];
const EIGHT: [&str; 8] = ["INSERT"; 8];

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn records_come_in_their_order_and_in_batches() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    let work = begin(&fixture, &shard, mapping(3));
    shard.write(&FOUR);
    fixture.settle().await;
    shard.write(&["INSERT"]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2", "r3"], vec!["r4"], vec!["r5"]]);
    assert_eq!(*work.happened.lock().unwrap(), [Happened::Done(3), Happened::Done(1), Happened::Done(1)]);
}

#[tokio::test]
async fn after_a_kill_the_stream_goes_on_behind_what_was_done() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    let work = begin(&fixture, &shard, mapping(100));
    shard.write(&["INSERT", "INSERT"]);
    fixture.settle().await;
    work.kill().await;
    shard.write(&["INSERT"]);
    fixture.settle().await;
    let _work = begin(&fixture, &shard, mapping(100));
    fixture.settle().await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2"], vec!["r3"]]);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_batch_repeats_it() {
    let fixture = Fixture::new([Behaviour::Hang]);
    let shard = Shard::of(&fixture);
    let work = begin(&fixture, &shard, mapping(100));
    shard.write(&["INSERT", "INSERT"]);
    fixture.settle().await;
    work.kill().await;
    let _work = begin(&fixture, &shard, mapping(100));
    fixture.settle().await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2"], vec!["r1", "r2"]]);
}

#[tokio::test]
async fn without_a_cap_a_poison_record_blocks_the_shard() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    poison(&fixture, "r1");
    let _work = begin(&fixture, &shard, mapping(1));
    shard.write(&["INSERT", "INSERT"]);
    fixture.advance(hours(5)).await;
    let batches = batches(&fixture);
    assert!(batches.len() > 100, "{}", batches.len());
    assert!(batches.iter().all(|batch| *batch == ["r1"]));
}

#[tokio::test]
async fn a_record_that_outlives_its_stream_blocks_no_longer() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    poison(&fixture, "r1");
    let work = begin(&fixture, &shard, mapping(1));
    shard.write(&["INSERT"]);
    fixture.advance(hours(23)).await;
    shard.write(&["INSERT"]);
    fixture.advance(hours(2)).await;
    assert_eq!(batches(&fixture).last().unwrap(), &["r2"]);
    let lost = Happened::Lost(1, "RecordAgeExceeded and nowhere to tell it".to_owned());
    assert!(work.happened.lock().unwrap().contains(&lost));
}

#[tokio::test]
async fn a_batch_that_fails_too_often_is_told_by_pointers_and_the_stream_goes_on() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    poison(&fixture, "r2");
    let mut capped = mapping(2);
    (capped.retries, capped.on_failure_arn) = (Some(2), Some(FAILURES.to_owned()));
    let _work = begin(&fixture, &shard, capped);
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
async fn halving_finds_the_poison_record_and_all_others_are_done_once() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    poison(&fixture, "r5");
    let mut halving = mapping(100);
    (halving.bisect_on_error, halving.retries) = (true, Some(1));
    halving.on_failure_arn = Some(FAILURES.to_owned());
    let work = begin(&fixture, &shard, halving);
    shard.write(&EIGHT);
    fixture.advance(hours(1)).await;
    let records = fixture.queues.bodies(FAILURES);
    let info = &records[0]["DDBStreamBatchInfo"];
    assert_eq!((records.len(), &info["startSequenceNumber"], &info["batchSize"]), (1, &json!("r5"), &json!(1)));
    let done: usize =
        work.happened.lock().unwrap().iter().map(|one| if let Happened::Done(n) = one { *n } else { 0 }).sum();
    assert_eq!(done, 7);
    let all = batches(&fixture);
    let good: Vec<_> = all.iter().filter(|batch| !batch.iter().any(|one| one == "r5")).flatten().collect();
    assert_eq!(good, ["r1", "r2", "r3", "r4", "r6", "r7", "r8"]);
}

#[tokio::test]
async fn a_partial_answer_repeats_from_the_first_failure_on() {
    let fixture = Fixture::new([
        Behaviour::Answer(r#"{"batchItemFailures":[{"itemIdentifier":"r4"},{"itemIdentifier":"r3"}]}"#),
        Behaviour::Answer("null"),
    ]);
    let shard = Shard::of(&fixture);
    let mut partial = mapping(100);
    partial.reports_failed_items = true;
    let _work = begin(&fixture, &shard, partial);
    shard.write(&FOUR);
    fixture.advance(hours(1)).await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2", "r3", "r4"], vec!["r3", "r4"]]);
}

#[tokio::test]
async fn halving_also_parts_a_batch_whose_first_record_is_said_to_fail() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    *fixture.function.fallback.lock().unwrap() = Some(Box::new(|payload: &Value| {
        let poisoned = told(payload, "/dynamodb/SequenceNumber").iter().any(|one| one == "r1");
        Ok(if poisoned { failures(&["r1"]) } else { "null".to_owned() })
    }));
    let mut halving = mapping(100);
    (halving.bisect_on_error, halving.reports_failed_items, halving.retries) = (true, true, Some(0));
    halving.on_failure_arn = Some(FAILURES.to_owned());
    let _work = begin(&fixture, &shard, halving);
    shard.write(&FOUR);
    fixture.advance(hours(1)).await;
    let records = fixture.queues.bodies(FAILURES);
    assert_eq!((records.len(), &records[0]["DDBStreamBatchInfo"]["batchSize"]), (1, &json!(1)));
    assert_eq!(records[0]["responseContext"].get("functionError"), None);
    assert_eq!(batches(&fixture)[2..], [vec!["r1"], vec!["r2"], vec!["r3", "r4"]]);
}

#[tokio::test]
async fn what_a_partial_answer_says_is_done_is_not_done_again_after_a_kill() {
    let fixture = Fixture::new([Behaviour::Answer(r#"{"batchItemFailures":[{"itemIdentifier":"r3"}]}"#)]);
    let shard = Shard::of(&fixture);
    let mut partial = mapping(100);
    partial.reports_failed_items = true;
    let work = begin(&fixture, &shard, partial.clone());
    shard.write(&FOUR);
    fixture.settle().await;
    work.kill().await;
    let _work = begin(&fixture, &shard, partial);
    fixture.settle().await;
    assert_eq!(batches(&fixture).last().unwrap(), &["r3", "r4"]);
}

#[tokio::test]
async fn an_unknown_identifier_repeats_the_whole_batch() {
    let fixture = Fixture::new([Behaviour::Answer(r#"{"batchItemFailures":[{"itemIdentifier":"r9"}]}"#)]);
    let shard = Shard::of(&fixture);
    let mut partial = mapping(100);
    partial.reports_failed_items = true;
    let _work = begin(&fixture, &shard, partial);
    shard.write(&["INSERT", "INSERT"]);
    fixture.advance(hours(1)).await;
    assert_eq!(batches(&fixture), [vec!["r1", "r2"], vec!["r1", "r2"]]);
}

#[tokio::test]
async fn a_record_that_is_too_old_is_given_up_and_told() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    poison(&fixture, "r1");
    let mut short = mapping(1);
    (short.maximum_age_seconds, short.on_failure_arn) = (Some(60), Some(FAILURES.to_owned()));
    let _work = begin(&fixture, &shard, short);
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(50)).await;
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(60)).await;
    let records = fixture.queues.bodies(FAILURES);
    assert_eq!(records[0]["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!((records.len(), batches(&fixture).last().unwrap().as_slice()), (1, ["r2".to_owned()].as_slice()));
}

#[tokio::test]
async fn what_the_filter_keeps_back_is_neither_seen_nor_in_the_way() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    let mut inserts = mapping(100);
    inserts.filters = vec![r#"{"eventName":["INSERT"]}"#.to_owned()];
    let work = begin(&fixture, &shard, inserts.clone());
    shard.write(&["REMOVE", "INSERT", "MODIFY"]);
    fixture.settle().await;
    shard.write(&["MODIFY"]);
    fixture.settle().await;
    work.kill().await;
    let _work = begin(&fixture, &shard, inserts);
    shard.write(&["INSERT"]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [["r2"], ["r5"]]);
}

#[tokio::test]
async fn a_mapping_of_the_latest_remembers_where_it_began() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    shard.write(&["INSERT"]);
    let mut latest = mapping(100);
    latest.starting_position = StartingPosition::Latest;
    let work = begin(&fixture, &shard, latest.clone());
    fixture.settle().await;
    work.kill().await;
    shard.write(&["INSERT"]);
    let _work = begin(&fixture, &shard, latest);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [["r2"]]);
}

#[tokio::test]
async fn a_window_waits_for_a_full_batch_but_not_longer() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    let mut patient = mapping(3);
    patient.window_seconds = 5;
    let _work = begin(&fixture, &shard, patient);
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
async fn a_stream_waits_for_its_function() {
    let fixture = Fixture::new([]);
    let shard = Shard::of(&fixture);
    fixture.functions.remove(ARN);
    let _work = begin(&fixture, &shard, mapping(100));
    shard.write(&["INSERT"]);
    fixture.advance(SignedDuration::from_secs(30)).await;
    fixture.functions.put(function());
    fixture.advance(SignedDuration::from_secs(1)).await;
    assert_eq!(batches(&fixture), [["r1"]]);
}
