//! Redrive policies and dead-letter queue redrive.

use serde_json::{Value, json};

use super::Fixture;

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-central-1:000000000000:{name}")
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
