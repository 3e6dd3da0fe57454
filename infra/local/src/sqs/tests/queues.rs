//! Making, finding, changing, tagging, emptying and deleting queues.

use serde_json::json;

use super::{super::query_error, Stage};

#[tokio::test]
async fn a_queue_is_made_once_and_found_by_its_name() {
    let (stage, url) = Stage::with("orders", json!({ "VisibilityTimeout": "60" })).await;
    assert_eq!(url, "http://127.0.0.1:4566/000000000000/orders");
    for same in [json!({}), json!({ "VisibilityTimeout": "60" }), json!({ "DelaySeconds": "0" })] {
        assert_eq!(stage.make("orders", same).await, url);
    }
    let other = json!({ "QueueName": "orders", "Attributes": { "VisibilityTimeout": "61" } });
    let error = stage.refuse("CreateQueue", other).await;
    assert_eq!((error.code.as_str(), error.status), ("QueueNameExists", 400));
    assert_eq!(query_error(&error), "QueueAlreadyExists;Sender");
    assert_eq!(stage.ask("GetQueueUrl", json!({ "QueueName": "orders" })).await, json!({ "QueueUrl": url }));
    let error = stage.refuse("GetQueueUrl", json!({ "QueueName": "order" })).await;
    assert_eq!(query_error(&error), "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

#[tokio::test]
async fn what_a_queue_cannot_be_is_refused_by_name() {
    let stage = Stage::new();
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
        assert_eq!(stage.refuse("CreateQueue", body.clone()).await.code, code, "{body}");
    }
    assert_eq!(stage.refuse("MakeTea", json!({})).await.code, "UnknownOperationException");
    assert_eq!(stage.ask("ListQueues", json!({})).await, json!({ "QueueUrls": [] }));
}

#[tokio::test]
async fn queues_are_listed_by_prefix_and_page_by_page() {
    let stage = Stage::new();
    for name in ["b-2", "a-1", "b-3", "b-1"] {
        stage.make(name, json!({})).await;
    }
    let url = |name: &str| format!("http://127.0.0.1:4566/000000000000/{name}");
    let first = stage.ask("ListQueues", json!({ "QueueNamePrefix": "b", "MaxResults": 2 })).await;
    assert_eq!(first["QueueUrls"], json!([url("b-1"), url("b-2")]));
    let rest = json!({ "QueueNamePrefix": "b", "MaxResults": 2, "NextToken": first["NextToken"] });
    assert_eq!(stage.ask("ListQueues", rest).await, json!({ "QueueUrls": [url("b-3")] }));
    assert_eq!(stage.refuse("ListQueues", json!({ "MaxResults": 1001 })).await.code, "InvalidParameterValue");
}

#[tokio::test]
async fn attributes_are_answered_with_defaults_counts_and_changes() {
    let (stage, url) = Stage::with("orders", json!({})).await;
    let get = |names| json!({ "QueueUrl": url, "AttributeNames": names });
    let all = stage.ask("GetQueueAttributes", get(json!(["All"]))).await;
    let wanted = json!({
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0", "CreatedTimestamp": "1767225600",
        "DelaySeconds": "0", "LastModifiedTimestamp": "1767225600", "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:eu-central-1:000000000000:orders",
        "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
    });
    assert_eq!(all, json!({ "Attributes": wanted }));
    stage.pass(5);
    let policy = "{\"Version\":\"2012-10-17\"}";
    let set = json!({ "QueueUrl": url, "Attributes": { "DelaySeconds": "3", "Policy": policy } });
    assert_eq!(stage.ask("SetQueueAttributes", set).await, json!({}));
    let some = stage.ask("GetQueueAttributes", get(json!(["DelaySeconds", "Policy", "LastModifiedTimestamp"]))).await;
    let wanted = json!({ "DelaySeconds": "3", "Policy": policy, "LastModifiedTimestamp": "1767225605" });
    assert_eq!(some["Attributes"], wanted);
    stage.ask("SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": { "Policy": "" } })).await;
    assert_eq!(stage.ask("GetQueueAttributes", get(json!(["Policy"]))).await, json!({}));
    assert_eq!(stage.refuse("GetQueueAttributes", get(json!(["Colour"]))).await.code, "InvalidAttributeName");
    for (attributes, code) in [
        (json!({}), "MissingParameter"),
        (json!({ "FifoQueue": "true" }), "InvalidAttributeName"),
        (json!({ "DelaySeconds": "-1" }), "InvalidAttributeValue"),
    ] {
        let body = json!({ "QueueUrl": url, "Attributes": attributes });
        assert_eq!(stage.refuse("SetQueueAttributes", body).await.code, code, "{attributes}");
    }
}

#[tokio::test]
async fn tags_are_added_listed_and_taken_off() {
    let (stage, url) = Stage::with("orders", json!({})).await;
    stage.ask("TagQueue", json!({ "QueueUrl": url, "Tags": { "team": "shop", "stage": "dev" } })).await;
    stage.ask("UntagQueue", json!({ "QueueUrl": url, "TagKeys": ["stage", "unknown"] })).await;
    assert_eq!(stage.ask("ListQueueTags", json!({ "QueueUrl": url })).await, json!({ "Tags": { "team": "shop" } }));
    assert_eq!(stage.refuse("TagQueue", json!({ "QueueUrl": url })).await.code, "MissingParameter");
    assert_eq!(stage.refuse("UntagQueue", json!({ "QueueUrl": url })).await.code, "MissingParameter");
    let many: std::collections::BTreeMap<String, &str> = (0..50).map(|tag| (format!("t{tag}"), "x")).collect();
    assert_eq!(stage.refuse("TagQueue", json!({ "QueueUrl": url, "Tags": many })).await.code, "InvalidParameterValue");
}

#[tokio::test]
async fn purging_empties_a_queue_and_rests_for_a_minute() {
    let (stage, url) = Stage::with("orders", json!({})).await;
    stage.send(&url, "one").await;
    stage.send(&url, "two").await;
    stage.ask("PurgeQueue", json!({ "QueueUrl": url })).await;
    assert_eq!(stage.counts(&url).await, [0, 0, 0]);
    let error = stage.refuse("PurgeQueue", json!({ "QueueUrl": url })).await;
    assert_eq!((error.code.as_str(), error.status), ("PurgeQueueInProgress", 400));
    stage.pass(60);
    stage.ask("PurgeQueue", json!({ "QueueUrl": url })).await;
}

#[tokio::test]
async fn a_deleted_queue_is_gone_and_its_name_rests_for_a_minute() {
    let (stage, url) = Stage::with("orders", json!({})).await;
    stage.send(&url, "lost").await;
    stage.ask("DeleteQueue", json!({ "QueueUrl": url })).await;
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
        let error = stage.refuse(operation, json!({ "QueueUrl": url })).await;
        assert_eq!(error.code, "QueueDoesNotExist", "{operation}");
        let error = stage.refuse(operation, json!({})).await;
        assert_eq!(error.code, "MissingParameter", "{operation}");
    }
    let again = json!({ "QueueName": "orders" });
    assert_eq!(stage.refuse("CreateQueue", again.clone()).await.code, "QueueDeletedRecently");
    stage.pass(60);
    stage.ask("CreateQueue", again).await;
    assert_eq!(stage.counts(&url).await, [0, 0, 0]);
}
