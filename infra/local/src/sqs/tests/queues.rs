//! Creating, finding, configuring, tagging, purging and deleting queues, redrive policies, and message move tasks, second by
//! second.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{super::query_error, Fixture, arn, start};
use crate::{clock::Clock, idle::Idle};

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
        (json!({ "QueueName": "a", "Attributes": { "FifoQueue": "false" } }), "InvalidAttributeName"),
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
    assert_eq!(fixture.call("ListQueues", json!({})).await, json!({}));
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
    let many: BTreeMap<String, &str> = (0..50).map(|tag| (format!("t{tag}"), "x")).collect();
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
    assert_eq!((error.code.as_str(), error.status), ("PurgeQueueInProgress", 403));
    fixture.advance(60);
    fixture.call("PurgeQueue", json!({ "QueueUrl": url })).await;
}

#[tokio::test]
async fn the_name_of_a_deleted_queue_cannot_be_used_for_a_minute() {
    let (fixture, url) = Fixture::with("orders", json!({})).await;
    fixture.send(&url, "lost").await;
    fixture.call("DeleteQueue", json!({ "QueueUrl": url })).await;
    let operations = "DeleteQueue PurgeQueue GetQueueAttributes SetQueueAttributes ListQueueTags TagQueue UntagQueue \
        SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch ChangeMessageVisibility \
        ChangeMessageVisibilityBatch ListDeadLetterSourceQueues";
    for operation in operations.split_whitespace() {
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

fn policy(target: &str, count: Value) -> Value {
    json!({ "deadLetterTargetArn": arn(target), "maxReceiveCount": count }).to_string().into()
}

/// A queue with a maximum receive count of two, and its dead-letter queue.
async fn queue_with_dlq(ending: &str, mut attributes: Value) -> (Fixture, String, String) {
    let (fixture, dead) = Fixture::with(&format!("dead{ending}"), attributes.clone()).await;
    attributes["RedrivePolicy"] = policy(&format!("dead{ending}"), json!(2));
    attributes["VisibilityTimeout"] = json!("10");
    let live = fixture.create_queue(&format!("live{ending}"), attributes).await;
    (fixture, live, dead)
}

async fn receive_twice(fixture: &Fixture, url: &str) {
    for _ in 0..2 {
        assert_eq!(fixture.receive(url).await.len(), 1);
        fixture.advance(10);
    }
}

#[tokio::test]
async fn a_message_is_dead_lettered_after_its_maximum_receive_count() {
    let (fixture, live, dead) = queue_with_dlq("", json!({})).await;
    let sent = fixture.send(&live, "poison").await;
    receive_twice(&fixture, &live).await;
    assert_eq!(fixture.counts(&dead).await, [0, 0, 0]);
    assert!(fixture.receive(&live).await.is_empty());
    assert_eq!(fixture.counts(&live).await, [0, 0, 0]);
    let dead_letter = fixture.receive(&dead).await.remove(0);
    assert_eq!(dead_letter["MessageId"], sent["MessageId"]);
    assert_eq!(dead_letter["Attributes"]["DeadLetterQueueSourceArn"], arn("live"));
    assert_eq!(dead_letter["Attributes"]["SentTimestamp"], "1767225600000");
    assert_eq!(dead_letter["Attributes"]["ApproximateReceiveCount"], "3");
}

#[tokio::test]
async fn retention_continues_in_a_standard_dead_letter_queue_and_restarts_in_a_fifo_one() {
    let (fixture, live, dead) = queue_with_dlq("", json!({ "MessageRetentionPeriod": "60" })).await;
    fixture.send(&live, "poison").await;
    receive_twice(&fixture, &live).await;
    fixture.receive(&live).await;
    assert_eq!(fixture.counts(&dead).await, [1, 0, 0]);
    fixture.advance(40);
    assert_eq!(fixture.counts(&dead).await, [0, 0, 0]);

    let attributes = json!({ "FifoQueue": "true", "MessageRetentionPeriod": "60" });
    let (fixture, live, dead) = queue_with_dlq(".fifo", attributes).await;
    let body = json!({
        "QueueUrl": live, "MessageBody": "poison", "MessageGroupId": "g", "MessageDeduplicationId": "d",
    });
    let sent = fixture.call("SendMessage", body).await;
    receive_twice(&fixture, &live).await;
    fixture.receive(&live).await;
    fixture.advance(40);
    let dead_letter = fixture.receive(&dead).await.remove(0);
    assert_eq!(dead_letter["Attributes"]["MessageDeduplicationId"], sent["MessageId"]);
    assert_eq!(dead_letter["Attributes"]["MessageGroupId"], "g");
}

#[tokio::test]
async fn a_message_stays_if_its_dead_letter_queue_does_not_exist() {
    let (fixture, live, dead) = queue_with_dlq("", json!({})).await;
    fixture.send(&live, "poison").await;
    fixture.call("DeleteQueue", json!({ "QueueUrl": dead })).await;
    receive_twice(&fixture, &live).await;
    assert_eq!(fixture.receive(&live).await.len(), 1);
}

#[tokio::test]
async fn a_redrive_policy_must_name_a_queue_that_allows_the_source() {
    let (fixture, live, dead) = queue_with_dlq("", json!({})).await;
    fixture.create_queue("dead.fifo", json!({ "FifoQueue": "true" })).await;
    let set = |policy: Value| json!({ "QueueUrl": live, "Attributes": { "RedrivePolicy": policy } });
    let invalid = [
        json!("not json"),
        json!("{}"),
        json!({ "deadLetterTargetArn": arn("dead") }).to_string().into(),
        policy("dead", json!(0)),
        policy("dead", json!(1001)),
        policy("none", json!(1)),
        policy("dead.fifo", json!(1)),
    ];
    for policy in invalid {
        let error = fixture.error_of("SetQueueAttributes", set(policy.clone())).await;
        assert_eq!(error.code, "InvalidParameterValue", "{policy}");
    }
    fixture.call("SetQueueAttributes", set(policy("dead", json!("5")))).await;
    let sources = fixture.call("ListDeadLetterSourceQueues", json!({ "QueueUrl": dead })).await;
    assert_eq!(sources, json!({ "queueUrls": [live] }));
    for (allow, fits) in [
        (json!({ "redrivePermission": "denyAll" }), false),
        (json!({ "redrivePermission": "byQueue", "sourceQueueArns": [arn("other")] }), false),
        (json!({ "redrivePermission": "byQueue", "sourceQueueArns": [arn("live")] }), true),
        (json!({ "redrivePermission": "allowAll" }), true),
    ] {
        let body = json!({ "QueueUrl": dead, "Attributes": { "RedriveAllowPolicy": allow.to_string() } });
        fixture.call("SetQueueAttributes", body).await;
        let response = fixture.sqs.handle("SetQueueAttributes", set(policy("dead", json!(4)))).await;
        assert_eq!(response.is_ok(), fits, "{allow}");
    }
    for allow in ["{}", "no", "{\"redrivePermission\":\"byQueue\"}"] {
        let body = json!({ "QueueUrl": dead, "Attributes": { "RedriveAllowPolicy": allow } });
        assert_eq!(fixture.error_of("SetQueueAttributes", body).await.code, "InvalidParameterValue", "{allow}");
    }
    fixture.call("SetQueueAttributes", set(json!(""))).await;
    assert_eq!(
        fixture.call("ListDeadLetterSourceQueues", json!({ "QueueUrl": dead })).await,
        json!({ "queueUrls": [] })
    );
}

#[tokio::test]
async fn a_move_task_moves_messages_back_to_their_source_with_new_ids() {
    let (fixture, live, dead) = queue_with_dlq("", json!({})).await;
    let sent = fixture.send(&live, "poison").await;
    receive_twice(&fixture, &live).await;
    fixture.receive(&live).await;
    let started = fixture.call("StartMessageMoveTask", json!({ "SourceArn": arn("dead") })).await;
    fixture.run_move_tasks();
    assert_eq!(fixture.counts(&dead).await, [0, 0, 0]);
    let back = fixture.receive(&live).await.remove(0);
    assert_ne!(back["MessageId"], sent["MessageId"]);
    assert_eq!(back["Attributes"]["ApproximateReceiveCount"], "1");
    let tasks = fixture.call("ListMessageMoveTasks", json!({ "SourceArn": arn("dead") })).await;
    let expected = json!([{
        "Status": "COMPLETED", "SourceArn": arn("dead"), "ApproximateNumberOfMessagesMoved": 1,
        "ApproximateNumberOfMessagesToMove": 1, "StartedTimestamp": 1_767_225_620_000_i64,
    }]);
    assert_eq!(tasks["Results"], expected);
    let cancel = json!({ "TaskHandle": started["TaskHandle"] });
    assert_eq!(fixture.error_of("CancelMessageMoveTask", cancel).await.code, "UnsupportedOperation");
}

#[tokio::test]
async fn a_move_task_moves_to_a_destination_or_fails_with_a_reason() {
    let (fixture, _live, dead) = queue_with_dlq("", json!({})).await;
    let other = fixture.create_queue("other", json!({})).await;
    fixture.create_queue("other.fifo", json!({ "FifoQueue": "true" })).await;
    // Sent directly, so it has no source queue.
    fixture.send(&dead, "letter").await;
    let cases = [
        (json!({}), "MissingParameter"),
        (json!({ "SourceArn": arn("none") }), "ResourceNotFoundException"),
        (json!({ "SourceArn": arn("live") }), "InvalidParameterValue"),
        (json!({ "SourceArn": arn("dead"), "DestinationArn": arn("none") }), "ResourceNotFoundException"),
        (json!({ "SourceArn": arn("dead"), "DestinationArn": arn("other.fifo") }), "InvalidParameterValue"),
        (json!({ "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 501 }), "InvalidParameterValue"),
    ];
    for (body, code) in cases {
        assert_eq!(fixture.error_of("StartMessageMoveTask", body.clone()).await.code, code, "{body}");
    }
    fixture.call("StartMessageMoveTask", json!({ "SourceArn": arn("dead") })).await;
    fixture.run_move_tasks();
    let tasks = fixture.call("ListMessageMoveTasks", json!({ "SourceArn": arn("dead"), "MaxResults": 10 })).await;
    assert_eq!(tasks["Results"][0]["Status"], "FAILED");
    assert_eq!(tasks["Results"][0]["FailureReason"], "CouldNotDetermineMessageSource");
    assert_eq!(fixture.counts(&dead).await, [1, 0, 0]);
    let elsewhere = json!({
        "SourceArn": arn("dead"), "DestinationArn": arn("other"), "MaxNumberOfMessagesPerSecond": 10,
    });
    fixture.call("StartMessageMoveTask", elsewhere).await;
    fixture.run_move_tasks();
    assert_eq!(fixture.bodies(&other).await, ["letter"]);
    let tasks = fixture.call("ListMessageMoveTasks", json!({ "SourceArn": arn("dead"), "MaxResults": 10 })).await;
    assert_eq!(tasks["Results"].as_array().map(Vec::len), Some(2));
    assert_eq!(tasks["Results"][0]["DestinationArn"], arn("other"));
}

/// A queue, and five messages in its dead-letter queue.
async fn five_dead_letters(fixture: &Fixture) -> (String, String) {
    let dead = fixture.create_queue("dead", json!({})).await;
    let policy = json!({ "deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1 }).to_string();
    let live = fixture.create_queue("live", json!({ "RedrivePolicy": policy, "VisibilityTimeout": "0" })).await;
    for number in 0..5 {
        fixture.send(&live, &number.to_string()).await;
    }
    fixture.receive(&live).await;
    fixture.receive(&live).await;
    assert_eq!(fixture.counts(&dead).await, [5, 0, 0]);
    (live, dead)
}

fn two_a_second() -> Value {
    json!({ "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 2 })
}

async fn task(fixture: &Fixture) -> Value {
    fixture.call("ListMessageMoveTasks", json!({ "SourceArn": arn("dead") })).await["Results"][0].clone()
}

async fn moved(fixture: &Fixture) -> (Value, Value) {
    let task = task(fixture).await;
    (task["Status"].clone(), task["ApproximateNumberOfMessagesMoved"].clone())
}

#[tokio::test]
async fn a_task_keeps_to_its_maximum_rate_and_only_one_runs_for_a_queue() {
    let fixture = Fixture::new();
    let (live, dead) = five_dead_letters(&fixture).await;
    let started = fixture.call("StartMessageMoveTask", two_a_second()).await;
    assert_eq!(moved(&fixture).await, (json!("RUNNING"), json!(0)));
    assert_eq!(task(&fixture).await["TaskHandle"], started["TaskHandle"]);
    assert_eq!(fixture.error_of("StartMessageMoveTask", two_a_second()).await.code, "InvalidParameterValue");
    for (seconds, status, count) in [(0, "RUNNING", 2), (0, "RUNNING", 2), (1, "RUNNING", 4), (1, "COMPLETED", 5)] {
        fixture.advance(seconds);
        assert_eq!(fixture.sqs.is_idle(fixture.clock.now()).await, count == 2 && fixture.counts(&live).await[0] == 2);
        fixture.run_move_tasks();
        assert_eq!(moved(&fixture).await, (json!(status), json!(count)));
    }
    let done = task(&fixture).await;
    assert_eq!((&done["ApproximateNumberOfMessagesToMove"], &done["TaskHandle"]), (&json!(5), &Value::Null));
    assert_eq!((fixture.counts(&live).await, fixture.counts(&dead).await), ([5, 0, 0], [0, 0, 0]));
    fixture.call("StartMessageMoveTask", two_a_second()).await;
}

#[tokio::test]
async fn a_cancelled_task_ends_and_its_moved_messages_stay_moved() {
    let fixture = Fixture::new();
    let (live, dead) = five_dead_letters(&fixture).await;
    let handle = fixture.call("StartMessageMoveTask", two_a_second()).await["TaskHandle"].clone();
    fixture.run_move_tasks();
    let cancelled = fixture.call("CancelMessageMoveTask", json!({ "TaskHandle": handle })).await;
    assert_eq!(cancelled, json!({ "ApproximateNumberOfMessagesMoved": 2 }));
    assert_eq!(moved(&fixture).await, (json!("CANCELLING"), json!(2)));
    let again = json!({ "TaskHandle": handle });
    assert_eq!(fixture.error_of("CancelMessageMoveTask", again).await.code, "UnsupportedOperation");
    fixture.run_move_tasks();
    fixture.advance(5);
    fixture.run_move_tasks();
    assert_eq!(moved(&fixture).await, (json!("CANCELLED"), json!(2)));
    assert_eq!((fixture.counts(&live).await, fixture.counts(&dead).await), ([2, 0, 0], [3, 0, 0]));
    let unknown = json!({ "TaskHandle": "none" });
    assert_eq!(fixture.error_of("CancelMessageMoveTask", unknown).await.code, "InvalidParameterValue");
}

#[tokio::test]
async fn a_task_continues_after_a_restart_and_moves_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::paused(start());
    let open = || Fixture::open(folder.path(), clock.clone());
    let fixture = open();
    let (live, dead) = five_dead_letters(&fixture).await;
    fixture.call("StartMessageMoveTask", two_a_second()).await;
    fixture.run_move_tasks();
    drop(fixture);
    let fixture = open();
    fixture.run_move_tasks();
    assert_eq!(moved(&fixture).await, (json!("RUNNING"), json!(2)));
    // Arrives after the start of the task, which does not move it.
    fixture.send(&dead, "late").await;
    for _ in 0..3 {
        fixture.advance(1);
        fixture.run_move_tasks();
    }
    assert_eq!(moved(&fixture).await, (json!("COMPLETED"), json!(5)));
    assert_eq!((fixture.counts(&live).await, fixture.counts(&dead).await), ([5, 0, 0], [1, 0, 0]));
}

#[tokio::test]
async fn a_task_whose_destination_is_deleted_fails_with_a_reason() {
    let fixture = Fixture::new();
    let (live, dead) = five_dead_letters(&fixture).await;
    fixture.call("StartMessageMoveTask", two_a_second()).await;
    fixture.run_move_tasks();
    fixture.call("DeleteQueue", json!({ "QueueUrl": live })).await;
    fixture.advance(1);
    fixture.run_move_tasks();
    let failed = task(&fixture).await;
    assert_eq!(
        (&failed["Status"], &failed["FailureReason"]),
        (&json!("FAILED"), &json!("AWS.SimpleQueueService.NonExistentQueue"),)
    );
    assert_eq!(fixture.counts(&dead).await, [3, 0, 0]);
}

#[tokio::test]
async fn a_receive_that_finds_nothing_wakes_no_other_receive() {
    let fixture = Fixture::new();
    fixture.create_queue("dead", json!({})).await;
    let policy = json!({ "deadLetterTargetArn": arn("dead"), "maxReceiveCount": 3 }).to_string();
    let live = fixture.create_queue("live", json!({ "RedrivePolicy": policy })).await;
    let receivers = fixture.sqs.inner.receivers.subscribe();
    assert!(fixture.receive(&live).await.is_empty());
    assert!(!receivers.has_changed().expect("the queues are open"));
}
