//! Long polling: a waiting receive is woken by new messages and by the clock.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::Instant};

use super::Fixture;

/// Starts a receive that waits for twenty seconds.
async fn start_receive(fixture: &Fixture, url: &str) -> JoinHandle<Value> {
    let (sqs, body) =
        (fixture.sqs.clone(), json!({ "QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 10 }));
    let waiting = tokio::spawn(async move { sqs.handle("ReceiveMessage", body).await.expect("a response") });
    yield_to_tasks().await;
    assert!(!waiting.is_finished());
    waiting
}

async fn yield_to_tasks() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_message_wakes_the_receive_of_its_queue_only() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    let other = fixture.create_queue("other", json!({})).await;
    let (waiting, elsewhere) = (start_receive(&fixture, &url).await, start_receive(&fixture, &other).await);
    fixture.send(&url, "one").await;
    assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "one");
    yield_to_tasks().await;
    assert!(!elsewhere.is_finished());
    fixture.advance(20);
    assert_eq!(elsewhere.await.expect("the receiver"), json!({}));
}

#[tokio::test]
async fn the_clock_wakes_a_receive_when_a_message_becomes_visible() {
    let (fixture, url) = Fixture::with("orders", json!({ "DelaySeconds": "5", "VisibilityTimeout": "7" })).await;
    fixture.send(&url, "one").await;
    for seconds in [5, 7] {
        let waiting = start_receive(&fixture, &url).await;
        assert_eq!(fixture.clock.next_wake(), Some(fixture.clock.now() + SignedDuration::from_secs(seconds)));
        fixture.advance(seconds);
        assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "one");
    }
}

#[tokio::test]
async fn the_wait_time_of_the_queue_applies_if_the_request_has_none() {
    let (fixture, url) = Fixture::with("orders", json!({ "ReceiveMessageWaitTimeSeconds": "3" })).await;
    let sqs = fixture.sqs.clone();
    let body = json!({ "QueueUrl": url });
    let waiting = tokio::spawn(async move { sqs.handle("ReceiveMessage", body).await.expect("a response") });
    yield_to_tasks().await;
    assert_eq!(fixture.clock.next_wake(), Some(fixture.clock.now() + SignedDuration::from_secs(3)));
    fixture.advance(3);
    assert_eq!(waiting.await.expect("the receiver"), json!({}));
    assert!(fixture.receive(&url).await.is_empty());
}

#[tokio::test]
async fn a_message_made_visible_and_an_unblocked_group_wake_a_receive() {
    let (fixture, url) =
        Fixture::with("steps.fifo", json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" })).await;
    for body in ["a1", "a2"] {
        fixture.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": "a" })).await;
    }
    let first = fixture.call("ReceiveMessage", json!({ "QueueUrl": url })).await;
    let waiting = start_receive(&fixture, &url).await;
    fixture.delete(&url, &first["Messages"][0]).await;
    let second = waiting.await.expect("the receiver");
    assert_eq!(second["Messages"][0]["Body"], "a2");
    let waiting = start_receive(&fixture, &url).await;
    let handle = &second["Messages"][0]["ReceiptHandle"];
    let change = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 0 });
    fixture.call("ChangeMessageVisibility", change).await;
    assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "a2");
}

#[tokio::test]
async fn a_dead_letter_wakes_a_receive_and_a_deleted_queue_ends_it() {
    let (fixture, dead) = Fixture::with("dead", json!({})).await;
    let policy = json!({ "deadLetterTargetArn": "arn:aws:sqs:eu-central-1:000000000000:dead", "maxReceiveCount": 1 });
    let live =
        fixture.create_queue("live", json!({ "RedrivePolicy": policy.to_string(), "VisibilityTimeout": "0" })).await;
    fixture.send(&live, "poison").await;
    assert_eq!(fixture.bodies(&live).await, ["poison"]);
    let waiting = start_receive(&fixture, &dead).await;
    assert!(fixture.receive(&live).await.is_empty());
    assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "poison");
    let sqs = fixture.sqs.clone();
    let body = json!({ "QueueUrl": live, "WaitTimeSeconds": 20 });
    let waiting = tokio::spawn(async move { sqs.handle("ReceiveMessage", body).await });
    yield_to_tasks().await;
    fixture.call("DeleteQueue", json!({ "QueueUrl": live })).await;
    assert_eq!(waiting.await.expect("the receiver").expect_err("no queue").code, "QueueDoesNotExist");
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_does_not_block_a_receive_beyond_its_wait_time() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    let (shown, began) = (fixture.clock.now(), Instant::now());
    let response = fixture.call("ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 20 })).await;
    assert_eq!(response, json!({}));
    assert_eq!(fixture.clock.now(), shown);
    assert!(began.elapsed() >= Duration::from_secs(20));
}
