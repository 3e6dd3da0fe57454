//! FIFO queues.

use serde_json::{Value, json};

use super::Fact;

async fn fifo(fact: &Fact, attributes: Value) -> String {
    let mut all = json!({ "FifoQueue": "true", "ContentBasedDeduplication": "true" });
    all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    fact.queue("q.fifo", all).await
}

async fn send(fact: &Fact, url: &str, group: &str, bodies: &[&str]) {
    for body in bodies {
        let message = json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group });
        fact.call("AmazonSQS.SendMessage", message).await;
    }
}

async fn set_visibility(fact: &Fact, url: &str, message: &Value, seconds: u32) {
    let body = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": seconds });
    fact.answers("AmazonSQS.ChangeMessageVisibility", body, json!({})).await;
}

#[tokio::test]
async fn messages_before_the_first_one_in_flight_are_received_again() {
    let fact = Fact::recorded().await;
    let url = fifo(&fact, json!({})).await;
    send(&fact, &url, "g", &["1", "2", "3", "4"]).await;
    let received = fact.receive(&url).await;
    set_visibility(&fact, &url, &received[3], 0).await;
    assert_eq!(fact.bodies(&url).await, [""; 0], "1 is still in flight, {}", fact.source());
    set_visibility(&fact, &url, &received[0], 0).await;
    set_visibility(&fact, &url, &received[1], 0).await;
    assert_eq!(fact.bodies(&url).await, ["1", "2"], "3 is still in flight, {}", fact.source());
}

#[tokio::test]
async fn a_batch_is_filled_from_one_group_first() {
    let fact = Fact::recorded().await;
    let url = fifo(&fact, json!({})).await;
    for (group, body) in [("g1", "g1-m1"), ("g2", "g2-m1"), ("g1", "g1-m2"), ("g1", "g1-m3"), ("g2", "g2-m2")] {
        send(&fact, &url, group, &[body]).await;
    }
    let four = json!({ "QueueUrl": url, "MaxNumberOfMessages": 4 });
    let received = fact.call("AmazonSQS.ReceiveMessage", four).await;
    let bodies: Vec<_> = received["Messages"].as_array().unwrap().iter().map(|one| one["Body"].clone()).collect();
    assert_eq!(bodies, ["g1-m1", "g1-m2", "g1-m3", "g2-m1"], "{}", fact.source());
}

#[tokio::test]
async fn an_entry_without_a_group_or_a_deduplication_id_refuses_the_batch() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q.fifo", json!({ "FifoQueue": "true" })).await;
    let whole = json!({ "Id": "a", "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "a" });
    let no_group = json!({ "Id": "b", "MessageBody": "b", "MessageDeduplicationId": "b" });
    let no_id = json!({ "Id": "b", "MessageBody": "b", "MessageGroupId": "g" });
    let needs_id =
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    for (entry, sentence) in [(no_group, "The request must contain the parameter MessageGroupId."), (no_id, needs_id)] {
        let batch = json!({ "QueueUrl": url, "Entries": [whole, entry] });
        fact.refuses("AmazonSQS.SendMessageBatch", batch, (400, "InvalidParameterValue", sentence)).await;
    }
    assert_eq!(fact.bodies(&url).await, [""; 0]);
}

#[tokio::test]
async fn a_delay_of_zero_is_the_delay_of_the_queue() {
    let fact = Fact::recorded().await;
    let url = fifo(&fact, json!({ "DelaySeconds": "2" })).await;
    let message = json!({ "QueueUrl": url, "MessageBody": "m", "MessageGroupId": "g", "DelaySeconds": 0 });
    fact.call("AmazonSQS.SendMessage", message).await;
    assert_eq!(fact.bodies(&url).await, [""; 0], "{}", fact.source());
    fact.server.fixture.clock.tick(jiff::SignedDuration::from_secs(2));
    assert_eq!(fact.bodies(&url).await, ["m"]);
}

#[tokio::test]
async fn a_purge_forgets_deduplication_ids() {
    let fact = Fact::recorded().await;
    let url = fifo(&fact, json!({})).await;
    send(&fact, &url, "g", &["m"]).await;
    fact.call("AmazonSQS.PurgeQueue", json!({ "QueueUrl": url })).await;
    send(&fact, &url, "g", &["m"]).await;
    assert_eq!(fact.bodies(&url).await, ["m"], "{}", fact.source());
}

#[tokio::test]
async fn the_type_of_a_queue_is_not_changed() {
    let fact = Fact::recorded().await;
    let url = fifo(&fact, json!({})).await;
    let set = json!({ "QueueUrl": url, "Attributes": { "FifoQueue": "false" } });
    let sentence = "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.";
    fact.refuses("AmazonSQS.SetQueueAttributes", set, (400, "InvalidAttributeValue", sentence)).await;
    let standard = fact.queue("q", json!({})).await;
    let set = json!({ "QueueUrl": standard, "Attributes": { "FifoQueue": "true" } });
    let error = (400, "InvalidAttributeName", "Unknown Attribute FifoQueue.");
    fact.refuses("AmazonSQS.SetQueueAttributes", set, error).await;
    let create = json!({ "QueueName": "other", "Attributes": { "FifoQueue": "false" } });
    fact.refuses("AmazonSQS.CreateQueue", create, error).await;
}
