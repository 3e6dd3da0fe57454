//! Acknowledged operations survive a restart.

use std::path::Path;

use serde_json::{Value, json};

use super::{super::Sqs, Fixture, location, start};
use crate::clock::Clock;

/// Opens the queues stored in this folder.
fn open(folder: &Path, clock: Clock) -> Fixture {
    let sqs = Sqs::open(folder.join("sqs.journal"), location(), clock.clone()).expect("the queues");
    Fixture { clock, sqs }
}

#[tokio::test]
async fn queues_messages_deletions_and_tags_survive_and_receives_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = open(folder.path(), Clock::paused(start()));
    let attributes = json!({ "VisibilityTimeout": "60", "MessageRetentionPeriod": "600" });
    let url = fixture.create_queue("orders", attributes).await;
    fixture.create_queue("gone", json!({})).await;
    fixture.call("DeleteQueue", json!({ "QueueUrl": "gone" })).await;
    fixture.call("TagQueue", json!({ "QueueUrl": url, "Tags": { "a": "b" } })).await;
    for body in ["deleted", "in flight", "delayed"] {
        let delay = if body == "delayed" { 20 } else { 0 };
        fixture.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": body, "DelaySeconds": delay })).await;
    }
    let received = fixture.receive(&url).await;
    fixture.delete(&url, &received[0]).await;
    let before =
        fixture.call("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout"] })).await;
    let clock = fixture.clock.clone();
    drop(fixture);

    let fixture = open(folder.path(), clock);
    let after =
        fixture.call("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout"] })).await;
    assert_eq!(after, before);
    assert_eq!(fixture.call("ListQueues", json!({})).await, json!({ "QueueUrls": [url] }));
    assert_eq!(fixture.call("ListQueueTags", json!({ "QueueUrl": url })).await["Tags"], json!({ "a": "b" }));
    assert_eq!(fixture.counts(&url).await, [1, 0, 1]);
    // Nobody else has received the message since, so the handle from before the restart deletes it.
    fixture.delete(&url, &received[1]).await;
    assert_eq!(fixture.counts(&url).await, [0, 0, 1]);
    fixture.advance(600);
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_receipt_handle_from_before_the_restart_does_not_delete_a_message_received_since() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = open(folder.path(), Clock::paused(start()));
    let url = fixture.create_queue("orders", json!({})).await;
    fixture.send(&url, "one").await;
    let old = fixture.receive(&url).await;
    drop(fixture);
    let fixture = open(folder.path(), Clock::paused(start()));
    assert_eq!(fixture.bodies(&url).await, ["one"]);
    fixture.delete(&url, &old[0]).await;
    assert_eq!(fixture.counts(&url).await, [0, 1, 0]);
}

#[tokio::test]
async fn deduplication_order_and_dead_letters_survive_compaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = open(folder.path(), Clock::paused(start()));
    let fifo = json!({ "FifoQueue": "true" });
    let dead = fixture.create_queue("dead.fifo", fifo).await;
    let policy =
        json!({ "deadLetterTargetArn": "arn:aws:sqs:eu-central-1:000000000000:dead.fifo", "maxReceiveCount": 1 });
    let attributes = json!({ "FifoQueue": "true", "RedrivePolicy": policy.to_string(), "VisibilityTimeout": "0" });
    let url = fixture.create_queue("steps.fifo", attributes).await;
    let send =
        |id: &str| json!({ "QueueUrl": url, "MessageBody": id, "MessageGroupId": "g", "MessageDeduplicationId": id });
    let first = fixture.call("SendMessage", send("dies")).await;
    fixture.receive(&url).await;
    fixture.receive(&url).await;
    for number in 0..3 {
        fixture.call("SendMessage", send(&number.to_string())).await;
    }
    // Enough changes for a compaction, and some after it.
    for number in 0..5_100 {
        fixture.call("TagQueue", json!({ "QueueUrl": dead, "Tags": { "n": number.to_string() } })).await;
    }
    let lines = std::fs::read_to_string(folder.path().join("sqs.journal")).expect("the journal").lines().count();
    assert!(lines < 1_000, "{lines} lines");
    drop(fixture);

    let fixture = open(folder.path(), Clock::paused(start()));
    assert_eq!(fixture.call("SendMessage", send("dies")).await, first);
    let last = fixture.call("SendMessage", send("last")).await;
    assert!(last["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
    assert_eq!(fixture.bodies(&url).await, ["0", "1", "2", "last"]);
    let dead_letter = fixture.receive(&dead).await.remove(0);
    assert_eq!(dead_letter["Body"], "dies");
    assert_eq!(dead_letter["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(fixture.call("ListQueueTags", json!({ "QueueUrl": dead })).await["Tags"], json!({ "n": "5099" }));
}

#[tokio::test]
async fn a_torn_write_is_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = open(folder.path(), Clock::paused(start()));
    let url = fixture.create_queue("orders", json!({})).await;
    fixture.send(&url, "whole").await;
    fixture.send(&url, "torn").await;
    drop(fixture);
    let path = folder.path().join("sqs.journal");
    let bytes = std::fs::read(&path).expect("the journal");
    std::fs::write(&path, &bytes[..bytes.len() - 5]).expect("a torn journal");
    let fixture = open(folder.path(), Clock::paused(start()));
    assert_eq!(fixture.bodies(&url).await, ["whole"]);
    let sent: Value = fixture.send(&url, "next").await;
    assert!(sent["MessageId"].is_string());
    assert_eq!(fixture.bodies(&url).await, ["next"]);
}
