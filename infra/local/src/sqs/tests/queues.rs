//! Creating, finding, configuring, tagging, purging and deleting queues.

use serde_json::json;

use super::{super::query_error, Fixture};

#[tokio::test]
async fn a_queue_is_created_once_and_found_by_its_name() {
    let (fixture, url) = Fixture::with("orders", json!({ "VisibilityTimeout": "60" })).await;
    assert_eq!(url, "http://127.0.0.1:4566/000000000000/orders");
    for same in [json!({}), json!({ "VisibilityTimeout": "60" }), json!({ "DelaySeconds": "0" })] {
        assert_eq!(fixture.create_queue("orders", same).await, url);
    }
    let other = json!({ "QueueName": "orders", "Attributes": { "VisibilityTimeout": "61" } });
    let error = fixture.error_of("CreateQueue", other).await;
    assert_eq!((error.code.as_str(), error.status), ("QueueNameExists", 400));
    assert_eq!(query_error(&error), "QueueAlreadyExists;Sender");
    assert_eq!(fixture.call("GetQueueUrl", json!({ "QueueName": "orders" })).await, json!({ "QueueUrl": url }));
    let error = fixture.error_of("GetQueueUrl", json!({ "QueueName": "order" })).await;
    assert_eq!(query_error(&error), "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

#[tokio::test]
async fn invalid_queues_are_rejected() {
    let fixture = Fixture::new();
    let long = "q".repeat(81);
    let cases = [
        (json!({}), "MissingParameter"),
        (json!({ "QueueName": "" }), "InvalidParameterValue"),
        (json!({ "QueueName": "a b" }), "InvalidParameterValue"),
        (json!({ "QueueName": long }), "InvalidParameterValue"),
        (json!({ "QueueName": "a.fifo" }), "InvalidParameterValue"),
        (json!({ "QueueName": "a", "Attributes": { "FifoQueue": "true" } }), "InvalidParameterValue"),
        (json!({ "QueueName": ".fifo", "Attributes": { "FifoQueue": "true" } }), "InvalidParameterValue"),
        (json!({ "QueueName": "a", "Attributes": { "FifoQueue": "false" } }), "InvalidParameterValue"),
        (json!({ "QueueName": "a", "Attributes": { "VisibilityTimeout": "43201" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "VisibilityTimeout": "soon" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "MessageRetentionPeriod": "59" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "MaximumMessageSize": "1048577" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "DelaySeconds": "901" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "ReceiveMessageWaitTimeSeconds": "21" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "Policy": "no" } }), "InvalidAttributeValue"),
        (json!({ "QueueName": "a", "Attributes": { "Colour": "red" } }), "InvalidAttributeName"),
        (json!({ "QueueName": "a", "Attributes": { "QueueArn": "x" } }), "InvalidAttributeName"),
        (json!({ "QueueName": "a", "Attributes": { "ContentBasedDeduplication": "true" } }), "InvalidAttributeName"),
        (json!({ "QueueName": "a", "Attributes": { "RedrivePolicy": "{}" } }), "InvalidParameterValue"),
        (json!({ "QueueName": 7 }), "SerializationException"),
    ];
    for (body, code) in cases {
        assert_eq!(fixture.error_of("CreateQueue", body.clone()).await.code, code, "{body}");
    }
    assert_eq!(fixture.error_of("MakeTea", json!({})).await.code, "UnknownOperationException");
    assert_eq!(fixture.call("ListQueues", json!({})).await, json!({ "QueueUrls": [] }));
}

#[tokio::test]
async fn queues_are_listed_by_prefix_and_in_pages() {
    let fixture = Fixture::new();
    for name in ["b-2", "a-1", "b-3", "b-1"] {
        fixture.create_queue(name, json!({})).await;
    }
    let url = |name: &str| format!("http://127.0.0.1:4566/000000000000/{name}");
    let first = fixture.call("ListQueues", json!({ "QueueNamePrefix": "b", "MaxResults": 2 })).await;
    assert_eq!(first["QueueUrls"], json!([url("b-1"), url("b-2")]));
    let rest = json!({ "QueueNamePrefix": "b", "MaxResults": 2, "NextToken": first["NextToken"] });
    assert_eq!(fixture.call("ListQueues", rest).await, json!({ "QueueUrls": [url("b-3")] }));
    assert_eq!(fixture.error_of("ListQueues", json!({ "MaxResults": 1001 })).await.code, "InvalidParameterValue");
}

#[tokio::test]
async fn attributes_include_defaults_counts_and_changes() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    let get = |names| json!({ "QueueUrl": url, "AttributeNames": names });
    let all = fixture.call("GetQueueAttributes", get(json!(["All"]))).await;
    let expected = json!({
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0", "CreatedTimestamp": "1767225600",
        "DelaySeconds": "0", "LastModifiedTimestamp": "1767225600", "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:eu-central-1:000000000000:orders",
        "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
    });
    assert_eq!(all, json!({ "Attributes": expected }));
    fixture.advance(5);
    let policy = "{\"Version\":\"2012-10-17\"}";
    let set = json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "3", "Policy": policy } });
    assert_eq!(fixture.call("SetQueueAttributes", set).await, json!({}));
    let some =
        fixture.call("GetQueueAttributes", get(json!(["DelaySeconds", "Policy", "LastModifiedTimestamp"]))).await;
    let expected = json!({ "DelaySeconds": "3", "Policy": policy, "LastModifiedTimestamp": "1767225605" });
    assert_eq!(some["Attributes"], expected);
    fixture.call("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "Policy": "" } })).await;
    assert_eq!(fixture.call("GetQueueAttributes", get(json!(["Policy"]))).await, json!({}));
    assert_eq!(fixture.error_of("GetQueueAttributes", get(json!(["Colour"]))).await.code, "InvalidAttributeName");
    for (attributes, code) in [
        (json!({}), "MissingParameter"),
        (json!({ "FifoQueue": "true" }), "InvalidAttributeName"),
        (json!({ "DelaySeconds": "-1" }), "InvalidAttributeValue"),
    ] {
        let body = json!({ "QueueUrl": url, "Attributes": attributes });
        assert_eq!(fixture.error_of("SetQueueAttributes", body).await.code, code, "{attributes}");
    }
}

#[tokio::test]
async fn tags_are_added_listed_and_removed() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    fixture.call("TagQueue", json!({ "QueueUrl": url, "Tags": { "team": "shop", "stage": "dev" } })).await;
    fixture.call("UntagQueue", json!({ "QueueUrl": url, "TagKeys": ["stage", "unknown"] })).await;
    assert_eq!(fixture.call("ListQueueTags", json!({ "QueueUrl": url })).await, json!({ "Tags": { "team": "shop" } }));
    assert_eq!(fixture.error_of("TagQueue", json!({ "QueueUrl": url })).await.code, "MissingParameter");
    assert_eq!(fixture.error_of("UntagQueue", json!({ "QueueUrl": url })).await.code, "MissingParameter");
    let many: std::collections::BTreeMap<String, &str> = (0..50).map(|tag| (format!("t{tag}"), "x")).collect();
    assert_eq!(
        fixture.error_of("TagQueue", json!({ "QueueUrl": url, "Tags": many })).await.code,
        "InvalidParameterValue"
    );
}

#[tokio::test]
async fn a_purge_deletes_all_messages_and_is_allowed_once_a_minute() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    fixture.send(&url, "one").await;
    fixture.send(&url, "two").await;
    fixture.call("PurgeQueue", json!({ "QueueUrl": url })).await;
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
    let error = fixture.error_of("PurgeQueue", json!({ "QueueUrl": url })).await;
    assert_eq!((error.code.as_str(), error.status), ("PurgeQueueInProgress", 400));
    fixture.advance(60);
    fixture.call("PurgeQueue", json!({ "QueueUrl": url })).await;
}

#[tokio::test]
async fn the_name_of_a_deleted_queue_cannot_be_used_for_a_minute() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    fixture.send(&url, "lost").await;
    fixture.call("DeleteQueue", json!({ "QueueUrl": url })).await;
    let operations = [
        "DeleteQueue",
        "PurgeQueue",
        "GetQueueAttributes",
        "SetQueueAttributes",
        "ListQueueTags",
        "TagQueue",
        "UntagQueue",
        "SendMessage",
        "SendMessageBatch",
        "ReceiveMessage",
        "DeleteMessage",
        "DeleteMessageBatch",
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "ListDeadLetterSourceQueues",
    ];
    for operation in operations {
        let error = fixture.error_of(operation, json!({ "QueueUrl": url })).await;
        assert_eq!(error.code, "QueueDoesNotExist", "{operation}");
        let error = fixture.error_of(operation, json!({})).await;
        assert_eq!(error.code, "MissingParameter", "{operation}");
    }
    let again = json!({ "QueueName": "orders" });
    assert_eq!(fixture.error_of("CreateQueue", again.clone()).await.code, "QueueDeletedRecently");
    fixture.advance(60);
    fixture.call("CreateQueue", again).await;
    assert_eq!(fixture.counts(&url).await, [0, 0, 0]);
}
