//! Long polling: who waits is woken by what comes, and by the clock.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::Instant};

use super::Stage;

/// Begins a receive that waits twenty seconds.
async fn wait_at(stage: &Stage, url: &str) -> JoinHandle<Value> {
    let (sqs, body) = (stage.sqs.clone(), json!({ "QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 10 }));
    let waiting = tokio::spawn(async move { sqs.handle("ReceiveMessage", body).await.expect("an answer") });
    settle().await;
    assert!(!waiting.is_finished());
    waiting
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_message_wakes_who_waits_for_it_and_nobody_else() {
    let (stage, url) = Stage::with("orders", json!({})).await;
    let other = stage.make("other", json!({})).await;
    let (waiting, elsewhere) = (wait_at(&stage, &url).await, wait_at(&stage, &other).await);
    stage.send(&url, "one").await;
    assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "one");
    settle().await;
    assert!(!elsewhere.is_finished());
    stage.pass(20);
    assert_eq!(elsewhere.await.expect("the receiver"), json!({}));
}

#[tokio::test]
async fn the_clock_wakes_who_waits_for_a_delayed_or_returning_message() {
    let (stage, url) = Stage::with("orders", json!({ "DelaySeconds": "5", "VisibilityTimeout": "7" })).await;
    stage.send(&url, "one").await;
    for seconds in [5, 7] {
        let waiting = wait_at(&stage, &url).await;
        assert_eq!(stage.clock.next_wake(), Some(stage.clock.now() + SignedDuration::from_secs(seconds)));
        stage.pass(seconds);
        assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "one");
    }
}

#[tokio::test]
async fn the_wait_of_the_queue_counts_where_the_caller_names_none() {
    let (stage, url) = Stage::with("orders", json!({ "ReceiveMessageWaitTimeSeconds": "3" })).await;
    let sqs = stage.sqs.clone();
    let body = json!({ "QueueUrl": url });
    let waiting = tokio::spawn(async move { sqs.handle("ReceiveMessage", body).await.expect("an answer") });
    settle().await;
    assert_eq!(stage.clock.next_wake(), Some(stage.clock.now() + SignedDuration::from_secs(3)));
    stage.pass(3);
    assert_eq!(waiting.await.expect("the receiver"), json!({}));
    assert!(stage.receive(&url).await.is_empty());
}

#[tokio::test]
async fn a_returned_message_and_a_freed_group_wake_who_waits() {
    let (stage, url) =
        Stage::with("steps.fifo", json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" })).await;
    for body in ["a1", "a2"] {
        stage.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": "a" })).await;
    }
    let first = stage.ask("ReceiveMessage", json!({ "QueueUrl": url })).await;
    let waiting = wait_at(&stage, &url).await;
    stage.delete(&url, &first["Messages"][0]).await;
    let second = waiting.await.expect("the receiver");
    assert_eq!(second["Messages"][0]["Body"], "a2");
    let waiting = wait_at(&stage, &url).await;
    let handle = &second["Messages"][0]["ReceiptHandle"];
    let change = json!({ "QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 0 });
    stage.ask("ChangeMessageVisibility", change).await;
    assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "a2");
}

#[tokio::test]
async fn a_dead_letter_wakes_who_waits_for_it_and_a_deleted_queue_ends_the_wait() {
    let (stage, dead) = Stage::with("dead", json!({})).await;
    let policy = json!({ "deadLetterTargetArn": "arn:aws:sqs:eu-central-1:000000000000:dead", "maxReceiveCount": 1 });
    let live = stage.make("live", json!({ "RedrivePolicy": policy.to_string(), "VisibilityTimeout": "0" })).await;
    stage.send(&live, "poison").await;
    assert_eq!(stage.bodies(&live).await, ["poison"]);
    let waiting = wait_at(&stage, &dead).await;
    assert!(stage.receive(&live).await.is_empty());
    assert_eq!(waiting.await.expect("the receiver")["Messages"][0]["Body"], "poison");
    let sqs = stage.sqs.clone();
    let body = json!({ "QueueUrl": live, "WaitTimeSeconds": 20 });
    let waiting = tokio::spawn(async move { sqs.handle("ReceiveMessage", body).await });
    settle().await;
    stage.ask("DeleteQueue", json!({ "QueueUrl": live })).await;
    assert_eq!(waiting.await.expect("the receiver").expect_err("no queue").code, "QueueDoesNotExist");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_stands_keeps_nobody_longer_than_he_wanted_to_wait() {
    let (stage, url) = Stage::with("orders", json!({})).await;
    let (shown, began) = (stage.clock.now(), Instant::now());
    let answer = stage.ask("ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 20 })).await;
    assert_eq!(answer, json!({}));
    assert_eq!(stage.clock.now(), shown);
    assert!(began.elapsed() >= Duration::from_secs(20));
}
