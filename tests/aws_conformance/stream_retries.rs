//! A record of a stream that fails: it is searched for by halves, holds up all behind it, or is given up, and then
//! only its place in the stream is told.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    stream_mapping::{all_told, resources, sequence_number, told, write},
    test_cloud::{Act, TestCloud, Try, body, test_cloud},
};

/// Fails whenever the record `bad` is there.
fn bad_fails(one: &Try, _: usize) -> Act {
    if told(one).contains(&"bad") { Act::Fail("Unreadable", "what is this?") } else { Act::Answer(Value::Null) }
}

#[tokio::test]
async fn a_stream_batch_is_bisected_until_the_record_that_fails_is_alone_and_only_its_place_is_told() {
    let caps = "BisectBatchOnFunctionError: true\n            MaximumRetryAttempts: 2";
    let test_cloud = test_cloud(&resources(caps), bad_fails).await;
    write(&test_cloud, &["one", "two", "bad", "four"]).await;
    test_cloud.tries(4).await;
    test_cloud.pass(60).await;
    let tries = test_cloud.tries(7).await;
    let halves = [
        vec!["one", "two", "bad", "four"],
        vec!["one", "two"],
        vec!["bad", "four"],
        vec!["bad"],
        vec!["bad"],
        vec!["bad"],
        vec!["four"],
    ];
    assert_eq!(all_told(&tries), halves);

    let record = body(&test_cloud.receive("failures").await);
    let number = sequence_number(&tries[0], "bad");
    let written = &tries[0].payload["Records"][2]["dynamodb"]["ApproximateCreationDateTime"];
    let written = Timestamp::from_second(written.as_f64().unwrap() as i64).unwrap().to_string();
    let shard = record["DDBStreamBatchInfo"]["shardId"].clone();
    let expected = json!({
        "version": "1.0",
        "timestamp": record["timestamp"],
        "requestContext": {
            "requestId": tries[5].request_id,
            "functionArn": TestCloud::arn("lambda", "function:relay"),
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": number,
            "endSequenceNumber": number,
            "approximateArrivalOfFirstRecord": written,
            "approximateArrivalOfLastRecord": written,
            "batchSize": 1,
            "streamArn": tries[0].payload["Records"][0]["eventSourceARN"],
        },
    });
    assert_eq!(record, expected, "no payload of the record and no answer of the function");
    assert!(shard.as_str().unwrap().starts_with("shardId-"), "{shard}");
    assert!(record["timestamp"].as_str().unwrap().parse::<Timestamp>().is_ok());
    assert_eq!(test_cloud.count("failures").await, 1);
}

#[tokio::test]
async fn a_stream_batch_that_is_not_bisected_is_given_up_whole() {
    let test_cloud = test_cloud(&resources("MaximumRetryAttempts: 0"), bad_fails).await;
    write(&test_cloud, &["one", "bad", "three"]).await;
    let batch = body(&test_cloud.receive("failures").await)["DDBStreamBatchInfo"].clone();
    let one = test_cloud.tries(1).await.remove(0);
    assert_eq!(batch["batchSize"], 3);
    assert_eq!(batch["startSequenceNumber"], sequence_number(&one, "one"));
    assert_eq!(batch["endSequenceNumber"], sequence_number(&one, "three"));
    assert_eq!(test_cloud.settled_tries().await, 1);
}

#[tokio::test]
async fn a_stream_without_caps_is_held_up_by_what_fails_until_it_is_done() {
    let script = |_: &Try, number| if number <= 12 { Act::Fail("Down", "not now") } else { Act::Answer(Value::Null) };
    let test_cloud = test_cloud(&resources(""), script).await;
    write(&test_cloud, &["one"]).await;
    test_cloud.tries(1).await;
    let later = aws_sdk_dynamodb::types::AttributeValue::N("9".to_owned());
    let what = aws_sdk_dynamodb::types::AttributeValue::S("later".to_owned());
    test_cloud.dynamo.put_item().table_name("log").item("place", later).item("what", what).send().await.unwrap();
    test_cloud.pass(3_600).await;
    let tries = test_cloud.tries(14).await;
    assert!(tries[..13].iter().all(|one| told(one) == ["one"]), "{:?}", all_told(&tries));
    assert_eq!(told(&tries[13]), ["later"]);
    let pauses: Vec<i64> = tries.windows(2).map(|two| two[1].at.duration_since(two[0].at).as_secs()).collect();
    assert!(pauses[..12].is_sorted() && pauses[0] > 0, "the pauses grow: {pauses:?}");
    assert_eq!(test_cloud.count("failures").await, 0);
}

#[tokio::test]
async fn a_record_that_is_older_than_its_mapping_wants_is_given_up() {
    let test_cloud = test_cloud(&resources("MaximumRecordAgeInSeconds: 60"), bad_fails).await;
    write(&test_cloud, &["bad"]).await;
    test_cloud.tries(1).await;
    test_cloud.pass(120).await;
    let record = body(&test_cloud.receive("failures").await);
    assert_eq!(record["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!(record["DDBStreamBatchInfo"]["batchSize"], 1);
    let last = test_cloud.tries(1).await.pop().unwrap();
    assert!(TestCloud::seconds(last.at) <= 60, "nothing is tried after its age: {}", last.at);
}

#[tokio::test]
async fn a_record_that_is_written_after_the_clock_has_leapt_is_as_new_as_any() {
    let test_cloud = test_cloud(&resources("MaximumRecordAgeInSeconds: 60"), bad_fails).await;
    test_cloud.clock.tick(SignedDuration::from_hours(72));
    write(&test_cloud, &["one"]).await;
    assert_eq!(all_told(&test_cloud.tries(1).await), [["one"]]);
    assert_eq!(test_cloud.count("failures").await, 0);
}
