//! The operations of SQS, on a paused clock. Acknowledged operations survive a restart.

mod messages;
mod queues;

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Endpoint, Sqs};
use crate::{arn::AccountRegion, aws_error::AwsError, clock::Clock};

fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("a time")
}

fn endpoint() -> Endpoint {
    let account_region = AccountRegion { region: "eu-central-1".to_owned(), account: "000000000000".to_owned() };
    Endpoint { account_region, url: "http://127.0.0.1:4566".to_owned() }
}

/// Queues in memory on a paused clock.
struct Fixture {
    clock: Clock,
    sqs: Sqs,
}

impl Fixture {
    fn new() -> Self {
        let clock = Clock::paused(start());
        Self { sqs: Sqs::open(None, endpoint(), clock.clone()).expect("the queues"), clock }
    }

    /// A fixture whose queues are stored in this folder.
    fn open(folder: &Path, clock: Clock) -> Self {
        let sqs = Sqs::open(Some(&folder.join("sqs.journal")), endpoint(), clock.clone()).expect("the queues");
        Self { clock, sqs }
    }

    /// A fixture with one queue, and the URL of the queue.
    async fn with(name: &str, attributes: Value) -> (Self, String) {
        let fixture = Self::new();
        let url = fixture.create_queue(name, attributes).await;
        (fixture, url)
    }

    async fn create_queue(&self, name: &str, attributes: Value) -> String {
        let response = self.call("CreateQueue", json!({ "QueueName": name, "Attributes": attributes })).await;
        response["QueueUrl"].as_str().expect("a URL").to_owned()
    }

    async fn call(&self, operation: &str, body: Value) -> Value {
        self.sqs.handle(operation, body).await.expect(operation)
    }

    async fn error_of(&self, operation: &str, body: Value) -> AwsError {
        match self.sqs.handle(operation, body.clone()).await {
            Ok(response) => panic!("{operation} {body} succeeded with {response}"),
            Err(error) => error,
        }
    }

    async fn send(&self, url: &str, body: &str) -> Value {
        self.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": body })).await
    }

    /// Receives up to ten messages with all their attributes.
    async fn receive(&self, url: &str) -> Vec<Value> {
        let body = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        self.call("ReceiveMessage", body).await["Messages"].as_array().cloned().unwrap_or_default()
    }

    async fn bodies(&self, url: &str) -> Vec<String> {
        self.receive(url).await.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect()
    }

    async fn delete(&self, url: &str, message: &Value) {
        self.call("DeleteMessage", json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] })).await;
    }

    /// The numbers of messages that are visible, in flight and delayed.
    async fn counts(&self, url: &str) -> [u64; 3] {
        let response = self.call("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["All"] })).await;
        ["", "NotVisible", "Delayed"].map(|which| {
            let name = format!("ApproximateNumberOfMessages{which}");
            response["Attributes"][name].as_str().and_then(|count| count.parse().ok()).expect("a count")
        })
    }

    fn run_move_tasks(&self) {
        super::move_task::run_due(&mut self.sqs.transaction());
    }

    fn advance(&self, seconds: i64) {
        self.clock.tick(SignedDuration::from_secs(seconds));
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-central-1:000000000000:{name}")
}

#[tokio::test]
async fn queues_messages_deletions_and_tags_survive_and_receives_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
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

    let fixture = Fixture::open(folder.path(), clock);
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
    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
    let url = fixture.create_queue("orders", json!({})).await;
    fixture.send(&url, "one").await;
    let old = fixture.receive(&url).await;
    drop(fixture);
    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
    assert_eq!(fixture.bodies(&url).await, ["one"]);
    fixture.delete(&url, &old[0]).await;
    assert_eq!(fixture.counts(&url).await, [0, 1, 0]);
}

#[tokio::test]
async fn deduplication_order_and_dead_letters_survive_compaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
    let fifo = json!({ "FifoQueue": "true" });
    let dead = fixture.create_queue("dead.fifo", fifo).await;
    let policy = json!({ "deadLetterTargetArn": arn("dead.fifo"), "maxReceiveCount": 1 });
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
    let lines = std::fs::read_to_string(folder.path().join("sqs.journal")).expect("the log").lines().count();
    assert!(lines < 1_000, "{lines} lines");
    drop(fixture);

    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
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
    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
    let url = fixture.create_queue("orders", json!({})).await;
    fixture.send(&url, "whole").await;
    fixture.send(&url, "torn").await;
    drop(fixture);
    let path = folder.path().join("sqs.journal");
    let bytes = std::fs::read(&path).expect("the log");
    std::fs::write(&path, &bytes[..bytes.len() - 5]).expect("a torn log");
    let fixture = Fixture::open(folder.path(), Clock::paused(start()));
    assert_eq!(fixture.bodies(&url).await, ["whole"]);
    let sent: Value = fixture.send(&url, "next").await;
    assert!(sent["MessageId"].is_string());
    assert_eq!(fixture.bodies(&url).await, ["next"]);
}
