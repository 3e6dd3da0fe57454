//! What was acknowledged is there after a restart, and nothing that was deleted.

use std::path::Path;

use serde_json::{Value, json};

use super::{super::Sqs, Stage, place, start};
use crate::clock::Clock;

/// Opens the queues of this folder, as a process does that begins at this time.
fn open(folder: &Path, clock: Clock) -> Stage {
    let sqs = Sqs::open(folder.join("sqs.journal"), place(), clock.clone()).expect("the queues");
    Stage { clock, sqs }
}

#[tokio::test]
async fn queues_messages_deletes_and_tags_survive_and_receives_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = open(folder.path(), Clock::paused(start()));
    let attributes = json!({ "VisibilityTimeout": "60", "MessageRetentionPeriod": "600" });
    let url = stage.make("orders", attributes).await;
    stage.make("gone", json!({})).await;
    stage.ask("DeleteQueue", json!({ "QueueUrl": "gone" })).await;
    stage.ask("TagQueue", json!({ "QueueUrl": url, "Tags": { "a": "b" } })).await;
    for body in ["deleted", "in flight", "delayed"] {
        let delay = if body == "delayed" { 20 } else { 0 };
        stage.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": body, "DelaySeconds": delay })).await;
    }
    let received = stage.receive(&url).await;
    stage.delete(&url, &received[0]).await;
    let before =
        stage.ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout"] })).await;
    let clock = stage.clock.clone();
    drop(stage);

    let stage = open(folder.path(), clock);
    let after =
        stage.ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout"] })).await;
    assert_eq!(after, before);
    assert_eq!(stage.ask("ListQueues", json!({})).await, json!({ "QueueUrls": [url] }));
    assert_eq!(stage.ask("ListQueueTags", json!({ "QueueUrl": url })).await["Tags"], json!({ "a": "b" }));
    assert_eq!(stage.counts(&url).await, [1, 0, 1]);
    // The receiver outlived the queue's process: nobody else has the message yet, so it may delete it.
    stage.delete(&url, &received[1]).await;
    assert_eq!(stage.counts(&url).await, [0, 0, 1]);
    stage.pass(600);
    assert_eq!(stage.counts(&url).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_handle_from_before_the_restart_does_not_delete_what_somebody_else_received() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = open(folder.path(), Clock::paused(start()));
    let url = stage.make("orders", json!({})).await;
    stage.send(&url, "one").await;
    let old = stage.receive(&url).await;
    drop(stage);
    let stage = open(folder.path(), Clock::paused(start()));
    assert_eq!(stage.bodies(&url).await, ["one"]);
    stage.delete(&url, &old[0]).await;
    assert_eq!(stage.counts(&url).await, [0, 1, 0]);
}

#[tokio::test]
async fn deduplication_order_and_dead_letters_survive_even_a_compaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = open(folder.path(), Clock::paused(start()));
    let fifo = json!({ "FifoQueue": "true" });
    let dead = stage.make("dead.fifo", fifo).await;
    let policy =
        json!({ "deadLetterTargetArn": "arn:aws:sqs:eu-central-1:000000000000:dead.fifo", "maxReceiveCount": 1 });
    let attributes = json!({ "FifoQueue": "true", "RedrivePolicy": policy.to_string(), "VisibilityTimeout": "0" });
    let url = stage.make("steps.fifo", attributes).await;
    let send =
        |id: &str| json!({ "QueueUrl": url, "MessageBody": id, "MessageGroupId": "g", "MessageDeduplicationId": id });
    let first = stage.ask("SendMessage", send("dies")).await;
    stage.receive(&url).await;
    stage.receive(&url).await;
    for number in 0..3 {
        stage.ask("SendMessage", send(&number.to_string())).await;
    }
    // Many changes of one thing: enough to make the write-ahead log worth compacting, and again some after that.
    for number in 0..5_100 {
        stage.ask("TagQueue", json!({ "QueueUrl": dead, "Tags": { "n": number.to_string() } })).await;
    }
    let lines = std::fs::read_to_string(folder.path().join("sqs.journal")).expect("the journal").lines().count();
    assert!(lines < 1_000, "{lines} lines");
    drop(stage);

    let stage = open(folder.path(), Clock::paused(start()));
    assert_eq!(stage.ask("SendMessage", send("dies")).await, first);
    let last = stage.ask("SendMessage", send("last")).await;
    assert!(last["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
    assert_eq!(stage.bodies(&url).await, ["0", "1", "2", "last"]);
    let letter = stage.receive(&dead).await.remove(0);
    assert_eq!(letter["Body"], "dies");
    assert_eq!(letter["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(stage.ask("ListQueueTags", json!({ "QueueUrl": dead })).await["Tags"], json!({ "n": "5099" }));
}

#[tokio::test]
async fn a_send_that_was_cut_off_in_the_middle_never_happened() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = open(folder.path(), Clock::paused(start()));
    let url = stage.make("orders", json!({})).await;
    stage.send(&url, "whole").await;
    stage.send(&url, "torn").await;
    drop(stage);
    let path = folder.path().join("sqs.journal");
    let bytes = std::fs::read(&path).expect("the journal");
    std::fs::write(&path, &bytes[..bytes.len() - 5]).expect("a torn journal");
    let stage = open(folder.path(), Clock::paused(start()));
    assert_eq!(stage.bodies(&url).await, ["whole"]);
    let sent: Value = stage.send(&url, "next").await;
    assert!(sent["MessageId"].is_string());
    assert_eq!(stage.bodies(&url).await, ["next"]);
}
