//! FIFO queues: order, message groups and deduplication.

use serde_json::{Value, json};

use super::Fixture;

async fn send(fixture: &Fixture, url: &str, group: &str, body: &str) -> Value {
    let id = format!("{group}-{body}");
    let body = json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": id });
    fixture.call("SendMessage", body).await
}

#[tokio::test]
async fn a_group_is_received_in_order_and_blocked_while_a_message_is_in_flight() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    for (group, body) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2")] {
        send(&fixture, &url, group, body).await;
    }
    let one = fixture.call("ReceiveMessage", json!({ "QueueUrl": url, "AttributeNames": ["MessageGroupId"] })).await;
    assert_eq!(one["Messages"][0]["Body"], "a1");
    assert_eq!(one["Messages"][0]["Attributes"], json!({ "MessageGroupId": "a" }));
    assert_eq!(fixture.bodies(&url).await, ["b1", "b2"]);
    assert!(fixture.receive(&url).await.is_empty());
    fixture.delete(&url, &one["Messages"][0]).await;
    assert_eq!(fixture.bodies(&url).await, ["a2"]);
    fixture.advance(30);
    assert_eq!(fixture.bodies(&url).await, ["b1", "a2", "b2"]);
}

#[tokio::test]
async fn a_message_made_visible_stays_blocked_while_a_later_one_of_its_group_is_in_flight() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    send(&fixture, &url, "a", "a1").await;
    send(&fixture, &url, "a", "a2").await;
    let both = fixture.receive(&url).await;
    let change = json!({ "QueueUrl": url, "ReceiptHandle": both[0]["ReceiptHandle"], "VisibilityTimeout": 0 });
    fixture.call("ChangeMessageVisibility", change).await;
    assert!(fixture.receive(&url).await.is_empty());
    fixture.delete(&url, &both[1]).await;
    assert_eq!(fixture.bodies(&url).await, ["a1"]);
}

#[tokio::test]
async fn a_deduplication_id_is_queued_once_in_five_minutes_and_gets_the_same_response() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    let first = send(&fixture, &url, "a", "a1").await;
    let received = fixture.receive(&url).await;
    fixture.delete(&url, &received[0]).await;
    fixture.advance(299);
    assert_eq!(send(&fixture, &url, "a", "a1").await, first);
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
    fixture.advance(1);
    let later = send(&fixture, &url, "a", "a1").await;
    assert_ne!(later["MessageId"], first["MessageId"]);
    assert!(later["SequenceNumber"].as_str() > first["SequenceNumber"].as_str());
    assert_eq!(fixture.counts(&url).await, [1, 0, 0]);
}

#[tokio::test]
async fn deduplication_can_be_content_based_and_per_message_group() {
    let attributes = json!({
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    });
    let (fixture, url) = Fixture::with("steps.fifo", attributes).await;
    for (group, body) in [("a", "same"), ("b", "same"), ("a", "same"), ("a", "other")] {
        fixture.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group })).await;
    }
    let received = fixture.receive(&url).await;
    let bodies: Vec<&Value> = received.iter().map(|message| &message["Body"]).collect();
    assert_eq!(bodies, ["same", "same", "other"]);
    // The SHA-256 of "same", computed independently.
    let sha = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5";
    assert_eq!(received[0]["Attributes"]["MessageDeduplicationId"], sha);
}

#[tokio::test]
async fn invalid_messages_for_a_fifo_queue_are_rejected() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
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
        assert_eq!(fixture.error_of("SendMessage", body.clone()).await.code, code, "{body}");
    }
}

#[tokio::test]
async fn an_expired_handle_does_not_delete_from_a_fifo_queue() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    send(&fixture, &url, "a", "a1").await;
    let received = fixture.receive(&url).await;
    fixture.advance(30);
    let body = json!({ "QueueUrl": url, "ReceiptHandle": received[0]["ReceiptHandle"] });
    let error = fixture.error_of("DeleteMessage", body).await;
    assert!(error.message.contains("expired"), "{error}");
    assert_eq!(fixture.counts(&url).await, [1, 0, 0]);
}

#[tokio::test]
async fn a_delayed_first_message_blocks_its_group() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true", "DelaySeconds": "10" })).await;
    send(&fixture, &url, "a", "a1").await;
    fixture.call("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "0" } })).await;
    send(&fixture, &url, "a", "a2").await;
    send(&fixture, &url, "b", "b1").await;
    assert_eq!(fixture.bodies(&url).await, ["b1"]);
    fixture.advance(10);
    assert_eq!(fixture.bodies(&url).await, ["a1", "a2"]);
}
