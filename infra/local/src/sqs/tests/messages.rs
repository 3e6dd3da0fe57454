//! Sending, receiving and deleting messages of standard and FIFO queues, changing their visibility, and long polling.

use std::{collections::BTreeMap, time::Duration};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::Instant};

use super::{Fixture, arn};
use crate::interfaces::{NewMessage, SendToQueue};

#[tokio::test]
async fn a_received_message_has_its_checksums_and_attributes() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    let attributes = json!({
        "name": { "DataType": "String", "StringValue": "Zoë" },
        "count": { "DataType": "Number.int", "StringValue": "7" },
        "bin": { "DataType": "Binary", "BinaryValue": "AP8=" },
    });
    let trace = json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": "Root=1-5759e988" } });
    let body = json!({
        "QueueUrl": url, "MessageBody": "hello", "MessageAttributes": attributes, "MessageSystemAttributes": trace,
    });
    let sent = fixture.call("SendMessage", body).await;
    // Computed independently.
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(sent["MD5OfMessageAttributes"], "47fbff6744139a6b27a0bcc03426ea77");
    assert_eq!(sent["MD5OfMessageSystemAttributes"], "1093703a9379955b75098a87e549ba88");
    fixture.advance(1);
    let received = fixture.receive(&url).await;
    let message = received.first().expect("a message");
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["MD5OfBody"], sent["MD5OfMessageBody"]);
    assert_eq!(message["MessageAttributes"], attributes);
    assert_eq!(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    let expected = json!({
        "SenderId": "000000000000", "SentTimestamp": "1767225600000", "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": "1767225601000", "AWSTraceHeader": "Root=1-5759e988",
    });
    assert_eq!(message["Attributes"], expected);
    fixture.advance(30);
    let some = json!({
        "QueueUrl": url, "AttributeNames": ["ApproximateReceiveCount"], "MessageAttributeNames": ["na.*", "bi"],
    });
    let again = fixture.call("ReceiveMessage", some).await;
    let again = &again["Messages"][0];
    assert_eq!(again["Attributes"], json!({ "ApproximateReceiveCount": "2" }));
    assert_eq!(again["MessageAttributes"], json!({ "name": attributes["name"] }));
    assert_eq!(again["MD5OfMessageAttributes"], "cc68980856af033f6dc1d77107ee6a8d");
}

#[tokio::test]
async fn invalid_messages_are_rejected() {
    let (fixture, url) = Fixture::with("orders", json!({ "MaximumMessageSize": "1024" })).await;
    let text = |value: &str| json!({ "DataType": "String", "StringValue": value });
    let many: BTreeMap<String, Value> = (0..11).map(|number| (format!("a{number}"), text("x"))).collect();
    let with = |attributes: Value| json!({ "MessageBody": "x", "MessageAttributes": attributes });
    let invalid_parameters = [
        json!({ "MessageBody": "x".repeat(1025) }),
        json!({ "MessageBody": "x".repeat(1020), "MessageAttributes": { "a": text("long") } }),
        json!({ "MessageBody": "x", "DelaySeconds": 901 }),
        json!({ "MessageBody": "x", "DelaySeconds": -1 }),
        json!({ "MessageBody": "x", "MessageDeduplicationId": "d" }),
        with(json!(many)),
        with(json!({ "a b": text("x") })),
        with(json!({ "AWS.x": text("x") })),
        with(json!({ "a..b": text("x") })),
        with(json!({ "a": text("") })),
        with(json!({ "a": {} })),
        with(json!({ "a": { "DataType": "Number", "StringValue": "x" } })),
        with(json!({ "a": { "DataType": "Date", "StringValue": "x" } })),
        json!({ "MessageBody": "x", "MessageSystemAttributes": { "a": text("x") } }),
    ];
    let others = [
        (json!({}), "MissingParameter"),
        (json!({ "MessageBody": "" }), "MissingParameter"),
        (json!({ "MessageBody": "bell\u{7}" }), "InvalidMessageContents"),
        (json!({ "MessageBody": "\u{FFFE}" }), "InvalidMessageContents"),
        (json!({ "MessageBody": 5 }), "SerializationException"),
    ];
    for (mut body, code) in invalid_parameters.map(|body| (body, "InvalidParameterValue")).into_iter().chain(others) {
        body["QueueUrl"] = json!(url);
        assert_eq!(fixture.error_of("SendMessage", body.clone()).await.code, code, "{body}");
    }
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
    fixture.send(&url, "tab\t line\n\r \u{FFFD} \u{1F600}").await;
    fixture.send(&url, &"x".repeat(1024)).await;
    assert_eq!(fixture.counts(&url).await, [2, 0, 0]);
}

#[tokio::test]
async fn a_batch_has_a_result_for_each_entry_or_is_rejected_as_a_whole() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    let entries = json!([
        { "Id": "good", "MessageBody": "one" },
        { "Id": "bad", "MessageBody": "\u{1}" },
        { "Id": "late", "MessageBody": "two", "DelaySeconds": 5 },
    ]);
    let response = fixture.call("SendMessageBatch", json!({ "QueueUrl": url, "Entries": entries })).await;
    assert_eq!(response["Successful"][0]["Id"], "good");
    assert_eq!(response["Successful"][1]["Id"], "late");
    let failed = &response["Failed"][0];
    assert_eq!(
        (&failed["Id"], &failed["Code"], &failed["SenderFault"]),
        (&json!("bad"), &json!("InvalidMessageContents"), &json!(true))
    );
    assert_eq!(fixture.counts(&url).await, [1, 0, 1]);
    let eleven: Vec<Value> = (0..11).map(|id| json!({ "Id": id.to_string(), "MessageBody": "x" })).collect();
    let large = "x".repeat(600_000);
    let cases = [
        (json!([]), "EmptyBatchRequest"),
        (json!(eleven), "TooManyEntriesInBatchRequest"),
        (json!([{ "Id": "a", "MessageBody": "x" }, { "Id": "a", "MessageBody": "y" }]), "BatchEntryIdsNotDistinct"),
        (json!([{ "Id": "a b", "MessageBody": "x" }]), "InvalidBatchEntryId"),
        (json!([{ "MessageBody": "x" }]), "InvalidBatchEntryId"),
        (json!([{ "Id": "a", "MessageBody": large }, { "Id": "b", "MessageBody": large }]), "BatchRequestTooLong"),
    ];
    for (entries, code) in cases {
        let body = json!({ "QueueUrl": url, "Entries": entries });
        assert_eq!(fixture.error_of("SendMessageBatch", body).await.code, code);
    }
    for operation in ["DeleteMessageBatch", "ChangeMessageVisibilityBatch"] {
        let error = fixture.error_of(operation, json!({ "QueueUrl": url, "Entries": [] })).await;
        assert_eq!(error.code, "EmptyBatchRequest");
    }
}

#[tokio::test]
async fn a_received_message_is_invisible_until_its_visibility_timeout_ends_or_is_changed() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    fixture.send(&url, "one").await;
    let first = fixture.receive(&url).await;
    assert_eq!(fixture.counts(&url).await, [0, 1, 0]);
    fixture.advance(29);
    assert!(fixture.receive(&url).await.is_empty());
    let change = |message: &Value, timeout: i64| json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": timeout });
    fixture.call("ChangeMessageVisibility", change(&first[0], 100)).await;
    fixture.advance(99);
    assert!(fixture.receive(&url).await.is_empty());
    let error = fixture.error_of("ChangeMessageVisibility", change(&first[0], 43_200)).await;
    assert!(error.message.contains("beyond the limit"), "{error}");
    fixture.advance(1);
    // The handle of an earlier receive still changes the visibility.
    fixture.call("ChangeMessageVisibility", change(&first[0], 5)).await;
    assert!(fixture.receive(&url).await.is_empty());
    fixture.advance(5);
    let second = fixture.receive(&url).await;
    assert_eq!(second.len(), 1);
    fixture.call("ChangeMessageVisibility", change(&second[0], 0)).await;
    assert_eq!(fixture.counts(&url).await, [1, 0, 0]);
    let missing = json!({ "QueueUrl": url, "ReceiptHandle": second[0]["ReceiptHandle"] });
    assert_eq!(fixture.error_of("ChangeMessageVisibility", missing).await.code, "MissingParameter");
    let entries = json!([
        { "Id": "a", "ReceiptHandle": "rubbish", "VisibilityTimeout": 1 },
        { "Id": "b", "ReceiptHandle": fixture.receive(&url).await[0]["ReceiptHandle"], "VisibilityTimeout": 0 },
    ]);
    let response = fixture.call("ChangeMessageVisibilityBatch", json!({ "QueueUrl": url, "Entries": entries })).await;
    assert_eq!(response["Successful"], json!([{ "Id": "b" }]));
    assert_eq!(response["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn only_the_latest_receipt_handle_deletes_a_message() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    fixture.send(&url, "one").await;
    let old = fixture.receive(&url).await;
    fixture.advance(30);
    let new = fixture.receive(&url).await;
    fixture.delete(&url, &old[0]).await;
    assert_eq!(fixture.counts(&url).await, [0, 1, 0]);
    let entries = json!([
        { "Id": "a", "ReceiptHandle": new[0]["ReceiptHandle"] },
        { "Id": "b", "ReceiptHandle": "rubbish" },
        { "Id": "c" },
    ]);
    let response = fixture.call("DeleteMessageBatch", json!({ "QueueUrl": url, "Entries": entries })).await;
    assert_eq!(response["Successful"], json!([{ "Id": "a" }]));
    assert_eq!(response["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
    assert_eq!(response["Failed"][1]["Code"], "MissingParameter");
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
    fixture.delete(&url, &new[0]).await;
    let other = fixture.create_queue("other", json!({})).await;
    let foreign = json!({ "QueueUrl": other, "ReceiptHandle": new[0]["ReceiptHandle"] });
    assert_eq!(fixture.error_of("DeleteMessage", foreign).await.code, "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn a_message_is_delayed_by_its_own_or_its_queues_delay_and_expires_with_its_retention_period() {
    let (fixture, url) = Fixture::with("orders", json!({ "DelaySeconds": "10", "MessageRetentionPeriod": "60" })).await;
    fixture.send(&url, "late").await;
    fixture.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": "now", "DelaySeconds": 0 })).await;
    assert_eq!(fixture.counts(&url).await, [1, 0, 1]);
    assert_eq!(fixture.bodies(&url).await, ["now"]);
    fixture.advance(10);
    assert_eq!(fixture.bodies(&url).await, ["late"]);
    fixture.advance(49);
    fixture.send(&url, "young").await;
    fixture.advance(1);
    assert_eq!(fixture.counts(&url).await, [0, 0, 1]);
    fixture.advance(58);
    assert_eq!(fixture.counts(&url).await, [1, 0, 0]);
    fixture.advance(1);
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
}

#[tokio::test]
async fn invalid_receives_are_rejected() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    for wrong in [
        json!({ "MaxNumberOfMessages": 0 }),
        json!({ "MaxNumberOfMessages": 11 }),
        json!({ "WaitTimeSeconds": 21 }),
        json!({ "VisibilityTimeout": 43_201 }),
    ] {
        let mut body = wrong.clone();
        body["QueueUrl"] = json!(url);
        assert_eq!(fixture.error_of("ReceiveMessage", body).await.code, "InvalidParameterValue", "{wrong}");
    }
    let body = json!({ "QueueUrl": url, "AttributeNames": ["Colour"] });
    assert_eq!(fixture.error_of("ReceiveMessage", body).await.code, "InvalidAttributeName");
    for number in 0..12 {
        fixture.send(&url, &number.to_string()).await;
    }
    assert_eq!(fixture.receive(&url).await.len(), 10);
    assert_eq!(
        fixture.call("ReceiveMessage", json!({ "QueueUrl": url })).await["Messages"].as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn other_services_send_by_arn() {
    let (fixture, url) = Fixture::with("dead-letters", json!({})).await;
    let fifo = fixture.create_queue("dead-letters.fifo", json!({ "FifoQueue": "true" })).await;
    let attributes = BTreeMap::from([("ERROR_CODE".to_owned(), "NO_RESOURCE".to_owned())]);
    let message = NewMessage { body: "{}".to_owned(), attributes, ..NewMessage::default() };
    for name in ["dead-letters", "dead-letters.fifo"] {
        let arn = arn(name);
        fixture.sqs.send(&arn, message.clone()).await.expect("a sent message");
    }
    for url in [url, fifo] {
        assert_eq!(fixture.receive(&url).await[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE");
    }
    let error = fixture.sqs.send(&arn("none"), message).await.expect_err("no queue");
    assert_eq!((error.code.as_str(), error.transient), ("AWS.SimpleQueueService.NonExistentQueue", false));
    let bad = NewMessage { body: "\u{1}".to_owned(), ..NewMessage::default() };
    let error = fixture.sqs.send(&arn("dead-letters"), bad).await.expect_err("bad contents");
    assert_eq!((error.code.as_str(), error.transient), ("InvalidMessageContents", false));
}

async fn send_to_group(fixture: &Fixture, url: &str, group: &str, body: &str) -> Value {
    let id = format!("{group}-{body}");
    let body = json!({ "QueueUrl": url, "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": id });
    fixture.call("SendMessage", body).await
}

#[tokio::test]
async fn a_group_is_received_in_order_and_blocked_while_a_message_is_in_flight() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    for (group, body) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2")] {
        send_to_group(&fixture, &url, group, body).await;
    }
    let one = fixture.call("ReceiveMessage", json!({ "QueueUrl": url, "AttributeNames": ["MessageGroupId"] })).await;
    assert_eq!(one["Messages"][0]["Body"], "a1");
    assert_eq!(one["Messages"][0]["Attributes"], json!({ "MessageGroupId": "a" }));
    assert_eq!(fixture.bodies(&url).await, ["b1", "b2"]);
    assert!(fixture.receive(&url).await.is_empty());
    fixture.delete(&url, &one["Messages"][0]).await;
    assert_eq!(fixture.bodies(&url).await, ["a2"]);
    fixture.advance(30);
    assert_eq!(fixture.bodies(&url).await, ["b1", "b2", "a2"]);
}

#[tokio::test]
async fn a_message_made_visible_is_received_unless_an_earlier_one_of_its_group_is_in_flight() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    send_to_group(&fixture, &url, "a", "a1").await;
    send_to_group(&fixture, &url, "a", "a2").await;
    let both = fixture.receive(&url).await;
    let change =
        |message: &Value| json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0 });
    fixture.call("ChangeMessageVisibility", change(&both[1])).await;
    assert!(fixture.receive(&url).await.is_empty());
    fixture.call("ChangeMessageVisibility", change(&both[0])).await;
    assert_eq!(fixture.bodies(&url).await, ["a1", "a2"]);
}

#[tokio::test]
async fn a_deduplication_id_is_queued_once_in_five_minutes_and_gets_the_same_response() {
    let (fixture, url) = Fixture::with("steps.fifo", json!({ "FifoQueue": "true" })).await;
    let first = send_to_group(&fixture, &url, "a", "a1").await;
    let received = fixture.receive(&url).await;
    fixture.delete(&url, &received[0]).await;
    fixture.advance(299);
    assert_eq!(send_to_group(&fixture, &url, "a", "a1").await, first);
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
    fixture.advance(1);
    let later = send_to_group(&fixture, &url, "a", "a1").await;
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
    assert_eq!(bodies, ["same", "other", "same"]);
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
    send_to_group(&fixture, &url, "a", "a1").await;
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
    send_to_group(&fixture, &url, "a", "a1").await;
    fixture.call("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "0" } })).await;
    send_to_group(&fixture, &url, "a", "a2").await;
    send_to_group(&fixture, &url, "b", "b1").await;
    assert_eq!(fixture.bodies(&url).await, ["b1"]);
    fixture.advance(10);
    assert_eq!(fixture.bodies(&url).await, ["a1", "a2"]);
}

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
    let policy = json!({ "deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1 });
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
    assert_eq!(fixture.call("ReceiveMessage", json!({ "QueueUrl": url, "WaitTimeSeconds": 20 })).await, json!({}));
    assert_eq!(fixture.clock.now(), shown);
    assert!(began.elapsed() >= Duration::from_secs(20));
}
