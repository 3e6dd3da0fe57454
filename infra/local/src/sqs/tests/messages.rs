//! Sending, receiving and deleting messages of a standard queue, and changing their visibility.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Fixture;
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
    let cases = [
        (json!({}), "MissingParameter"),
        (json!({ "MessageBody": "" }), "MissingParameter"),
        (json!({ "MessageBody": "bell\u{7}" }), "InvalidMessageContents"),
        (json!({ "MessageBody": "\u{FFFE}" }), "InvalidMessageContents"),
        (json!({ "MessageBody": "x".repeat(1025) }), "InvalidParameterValue"),
        (
            json!({ "MessageBody": "x".repeat(1020), "MessageAttributes": { "a": text("long") } }),
            "InvalidParameterValue",
        ),
        (json!({ "MessageBody": "x", "DelaySeconds": 901 }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "DelaySeconds": -1 }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageDeduplicationId": "d" }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageAttributes": many }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageAttributes": { "a b": text("x") } }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageAttributes": { "AWS.x": text("x") } }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageAttributes": { "a..b": text("x") } }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageAttributes": { "a": text("") } }), "InvalidParameterValue"),
        (json!({ "MessageBody": "x", "MessageAttributes": { "a": {} } }), "InvalidParameterValue"),
        (
            json!({ "MessageBody": "x", "MessageAttributes": { "a": { "DataType": "Number", "StringValue": "x" } } }),
            "InvalidParameterValue",
        ),
        (
            json!({ "MessageBody": "x", "MessageAttributes": { "a": { "DataType": "Date", "StringValue": "x" } } }),
            "InvalidParameterValue",
        ),
        (json!({ "MessageBody": "x", "MessageSystemAttributes": { "a": text("x") } }), "InvalidParameterValue"),
        (json!({ "MessageBody": 5 }), "SerializationException"),
    ];
    for (mut body, code) in cases {
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
    assert_eq!(fixture.error_of("ChangeMessageVisibility", change(&first[0], 5)).await.code, "MessageNotInflight");
    let second = fixture.receive(&url).await;
    assert_eq!(second.len(), 1);
    assert_eq!(fixture.error_of("ChangeMessageVisibility", change(&first[0], 5)).await.code, "InvalidParameterValue");
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
        let arn = format!("arn:aws:sqs:eu-central-1:000000000000:{name}");
        fixture.sqs.send(&arn, message.clone()).await.expect("a sent message");
    }
    for url in [url, fifo] {
        let received = fixture.receive(&url).await;
        assert_eq!(received[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE");
    }
    let error = fixture.sqs.send("arn:aws:sqs:eu-central-1:000000000000:none", message).await.expect_err("no queue");
    assert_eq!((error.code.as_str(), error.transient), ("AWS.SimpleQueueService.NonExistentQueue", false));
    let bad = NewMessage { body: "\u{1}".to_owned(), ..NewMessage::default() };
    let error =
        fixture.sqs.send("arn:aws:sqs:eu-central-1:000000000000:dead-letters", bad).await.expect_err("bad contents");
    assert_eq!((error.code.as_str(), error.transient), ("InvalidMessageContents", false));
}
