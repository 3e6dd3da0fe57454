//! FIFO queues: order, one group at a time, and what was sent before.

use serde_json::{Value, json};

use super::Stage;

async fn send(stage: &Stage, url: &str, group: &str, body: &str) -> Value {
    let id = format!("{group}-{body}");
    let body = json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": id });
    stage.ask("SendMessage", body).await
}

#[tokio::test]
async fn a_group_comes_in_order_and_waits_for_what_is_in_flight() {
    let (stage, url) = Stage::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    for (group, body) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2")] {
        send(&stage, &url, group, body).await;
    }
    let one = stage.ask("ReceiveMessage", json!({ "QueueUrl": url, "AttributeNames": ["MessageGroupId"] })).await;
    assert_eq!(one["Messages"][0]["Body"], "a1");
    assert_eq!(one["Messages"][0]["Attributes"], json!({ "MessageGroupId": "a" }));
    assert_eq!(stage.bodies(&url).await, ["b1", "b2"]);
    assert!(stage.receive(&url).await.is_empty());
    stage.delete(&url, &one["Messages"][0]).await;
    assert_eq!(stage.bodies(&url).await, ["a2"]);
    stage.pass(30);
    assert_eq!(stage.bodies(&url).await, ["b1", "a2", "b2"]);
}

#[tokio::test]
async fn a_message_that_returns_blocks_its_group_while_a_later_one_is_in_flight() {
    let (stage, url) = Stage::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    send(&stage, &url, "a", "a1").await;
    send(&stage, &url, "a", "a2").await;
    let both = stage.receive(&url).await;
    let change = json!({ "QueueUrl": url, "ReceiptHandle": both[0]["ReceiptHandle"], "VisibilityTimeout": 0 });
    stage.ask("ChangeMessageVisibility", change).await;
    assert!(stage.receive(&url).await.is_empty());
    stage.delete(&url, &both[1]).await;
    assert_eq!(stage.bodies(&url).await, ["a1"]);
}

#[tokio::test]
async fn the_same_deduplication_id_is_told_the_same_and_queued_once_for_five_minutes() {
    let (stage, url) = Stage::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    let first = send(&stage, &url, "a", "a1").await;
    let received = stage.receive(&url).await;
    stage.delete(&url, &received[0]).await;
    stage.pass(299);
    assert_eq!(send(&stage, &url, "a", "a1").await, first);
    assert_eq!(stage.counts(&url).await, [0, 0, 0]);
    stage.pass(1);
    let later = send(&stage, &url, "a", "a1").await;
    assert_ne!(later["MessageId"], first["MessageId"]);
    assert!(later["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
    assert_eq!(stage.counts(&url).await, [1, 0, 0]);
}

#[tokio::test]
async fn deduplication_can_go_by_content_and_by_group() {
    let attributes = json!({
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    });
    let (stage, url) = Stage::with("steps.fifo", attributes).await;
    for (group, body) in [("a", "same"), ("b", "same"), ("a", "same"), ("a", "other")] {
        stage.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group })).await;
    }
    let received = stage.receive(&url).await;
    let bodies: Vec<&Value> = received.iter().map(|message| &message["Body"]).collect();
    assert_eq!(bodies, ["same", "same", "other"]);
    // The SHA-256 of "same", reckoned independently.
    let sha = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5";
    assert_eq!(received[0]["Attributes"]["MessageDeduplicationId"], sha);
}

#[tokio::test]
async fn what_a_fifo_queue_does_not_take_is_refused() {
    let (stage, url) = Stage::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    let long = "x".repeat(129);
    let cases = [
        (json!({ "MessageDeduplicationId": "d" }), "MissingParameter"),
        (json!({ "MessageGroupId": "g" }), "InvalidParameterValue"),
        (json!({ "MessageGroupId": "g g", "MessageDeduplicationId": "d" }), "InvalidParameterValue"),
        (json!({ "MessageGroupId": "g", "MessageDeduplicationId": long }), "InvalidParameterValue"),
        (json!({ "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 1 }), "InvalidParameterValue"),
    ];
    for (mut body, code) in cases {
        body["QueueUrl"] = json!(url);
        body["MessageBody"] = json!("x");
        assert_eq!(stage.refuse("SendMessage", body.clone()).await.code, code, "{body}");
    }
}

#[tokio::test]
async fn an_expired_handle_does_not_delete_from_a_fifo_queue() {
    let (stage, url) = Stage::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    send(&stage, &url, "a", "a1").await;
    let received = stage.receive(&url).await;
    stage.pass(30);
    let body = json!({ "QueueUrl": url, "ReceiptHandle": received[0]["ReceiptHandle"] });
    let error = stage.refuse("DeleteMessage", body).await;
    assert!(error.message.contains("expired"), "{error}");
    assert_eq!(stage.counts(&url).await, [1, 0, 0]);
}

#[tokio::test]
async fn a_delayed_head_holds_its_group_back() {
    let (stage, url) = Stage::with("steps.fifo", json!({ "FifoQueue": "true", "DelaySeconds": "10" })).await;
    send(&stage, &url, "a", "a1").await;
    stage.ask("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "0" } })).await;
    send(&stage, &url, "a", "a2").await;
    send(&stage, &url, "b", "b1").await;
    assert_eq!(stage.bodies(&url).await, ["b1"]);
    stage.pass(10);
    assert_eq!(stage.bodies(&url).await, ["a1", "a2"]);
}
