//! Dead letters: how they get there, and back.

use serde_json::{Value, json};

use super::Stage;

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-central-1:000000000000:{name}")
}

fn policy(target: &str, count: Value) -> Value {
    json!({ "deadLetterTargetArn": arn(target), "maxReceiveCount": count }).to_string().into()
}

/// A queue that gives up after two receives, and its dead-letter queue.
async fn two_queues(ending: &str, mut attributes: Value) -> (Stage, String, String) {
    let (stage, dead) = Stage::with(&format!("dead{ending}"), attributes.clone()).await;
    attributes["RedrivePolicy"] = policy(&format!("dead{ending}"), json!(2));
    attributes["VisibilityTimeout"] = json!("10");
    let live = stage.make(&format!("live{ending}"), attributes).await;
    (stage, live, dead)
}

async fn fail_twice(stage: &Stage, url: &str) {
    for _ in 0..2 {
        assert_eq!(stage.receive(url).await.len(), 1);
        stage.pass(10);
    }
}

#[tokio::test]
async fn after_its_last_receive_a_message_moves_to_the_dead_letters() {
    let (stage, live, dead) = two_queues("", json!({})).await;
    let sent = stage.send(&live, "poison").await;
    fail_twice(&stage, &live).await;
    assert_eq!(stage.counts(&dead).await, [0, 0, 0]);
    assert!(stage.receive(&live).await.is_empty());
    assert_eq!(stage.counts(&live).await, [0, 0, 0]);
    let letter = stage.receive(&dead).await.remove(0);
    assert_eq!(letter["MessageId"], sent["MessageId"]);
    assert_eq!(letter["Attributes"]["DeadLetterQueueSourceArn"], arn("live"));
    assert_eq!(letter["Attributes"]["SentTimestamp"], "1767225600000");
    assert_eq!(letter["Attributes"]["ApproximateReceiveCount"], "3");
}

#[tokio::test]
async fn a_standard_dead_letter_keeps_its_age_and_a_fifo_one_begins_anew() {
    let (stage, live, dead) = two_queues("", json!({ "MessageRetentionPeriod": "60" })).await;
    stage.send(&live, "poison").await;
    fail_twice(&stage, &live).await;
    stage.receive(&live).await;
    assert_eq!(stage.counts(&dead).await, [1, 0, 0]);
    stage.pass(40);
    assert_eq!(stage.counts(&dead).await, [0, 0, 0]);

    let attributes = json!({ "FifoQueue": "true", "MessageRetentionPeriod": "60" });
    let (stage, live, dead) = two_queues(".fifo", attributes).await;
    let body = json!({
        "QueueUrl": live, "MessageBody": "poison", "MessageGroupId": "g", "MessageDeduplicationId": "d",
    });
    let sent = stage.ask("SendMessage", body).await;
    fail_twice(&stage, &live).await;
    stage.receive(&live).await;
    stage.pass(40);
    let letter = stage.receive(&dead).await.remove(0);
    assert_eq!(letter["Attributes"]["MessageDeduplicationId"], sent["MessageId"]);
    assert_eq!(letter["Attributes"]["MessageGroupId"], "g");
}

#[tokio::test]
async fn without_its_dead_letter_queue_a_message_stays() {
    let (stage, live, dead) = two_queues("", json!({})).await;
    stage.send(&live, "poison").await;
    stage.ask("DeleteQueue", json!({ "QueueUrl": dead })).await;
    fail_twice(&stage, &live).await;
    assert_eq!(stage.receive(&live).await.len(), 1);
}

#[tokio::test]
async fn a_redrive_policy_must_name_a_queue_that_takes_the_letters() {
    let (stage, live, dead) = two_queues("", json!({})).await;
    stage.make("dead.fifo", json!({ "FifoQueue": "true" })).await;
    let set = |policy: Value| json!({ "QueueUrl": live, "Attributes": { "RedrivePolicy": policy } });
    let wrong = [
        json!("not json"),
        json!("{}"),
        json!({ "deadLetterTargetArn": arn("dead") }).to_string().into(),
        policy("dead", json!(0)),
        policy("dead", json!(1001)),
        policy("none", json!(1)),
        policy("dead.fifo", json!(1)),
    ];
    for policy in wrong {
        let error = stage.refuse("SetQueueAttributes", set(policy.clone())).await;
        assert_eq!(error.code, "InvalidParameterValue", "{policy}");
    }
    stage.ask("SetQueueAttributes", set(policy("dead", json!("5")))).await;
    let sources = stage.ask("ListDeadLetterSourceQueues", json!({ "QueueUrl": dead })).await;
    assert_eq!(sources, json!({ "queueUrls": [live] }));
    for (allow, fits) in [
        (json!({ "redrivePermission": "denyAll" }), false),
        (json!({ "redrivePermission": "byQueue", "sourceQueueArns": [arn("other")] }), false),
        (json!({ "redrivePermission": "byQueue", "sourceQueueArns": [arn("live")] }), true),
        (json!({ "redrivePermission": "allowAll" }), true),
    ] {
        let body = json!({ "QueueUrl": dead, "Attributes": { "RedriveAllowPolicy": allow.to_string() } });
        stage.ask("SetQueueAttributes", body).await;
        let answer = stage.sqs.handle("SetQueueAttributes", set(policy("dead", json!(4)))).await;
        assert_eq!(answer.is_ok(), fits, "{allow}");
    }
    for allow in ["{}", "no", "{\"redrivePermission\":\"byQueue\"}"] {
        let body = json!({ "QueueUrl": dead, "Attributes": { "RedriveAllowPolicy": allow } });
        assert_eq!(stage.refuse("SetQueueAttributes", body).await.code, "InvalidParameterValue", "{allow}");
    }
    stage.ask("SetQueueAttributes", set(json!(""))).await;
    assert_eq!(stage.ask("ListDeadLetterSourceQueues", json!({ "QueueUrl": dead })).await, json!({ "queueUrls": [] }));
}

#[tokio::test]
async fn a_move_task_brings_the_letters_back_under_new_ids() {
    let (stage, live, dead) = two_queues("", json!({})).await;
    let sent = stage.send(&live, "poison").await;
    fail_twice(&stage, &live).await;
    stage.receive(&live).await;
    let started = stage.ask("StartMessageMoveTask", json!({ "SourceArn": arn("dead") })).await;
    stage.sqs.move_due();
    assert_eq!(stage.counts(&dead).await, [0, 0, 0]);
    let back = stage.receive(&live).await.remove(0);
    assert_ne!(back["MessageId"], sent["MessageId"]);
    assert_eq!(back["Attributes"]["ApproximateReceiveCount"], "1");
    let tasks = stage.ask("ListMessageMoveTasks", json!({ "SourceArn": arn("dead") })).await;
    let wanted = json!([{
        "Status": "COMPLETED", "SourceArn": arn("dead"), "ApproximateNumberOfMessagesMoved": 1,
        "ApproximateNumberOfMessagesToMove": 1, "StartedTimestamp": 1_767_225_620_000_i64,
    }]);
    assert_eq!(tasks["Results"], wanted);
    let cancel = json!({ "TaskHandle": started["TaskHandle"] });
    assert_eq!(stage.refuse("CancelMessageMoveTask", cancel).await.code, "UnsupportedOperation");
}

#[tokio::test]
async fn a_move_task_goes_elsewhere_or_says_why_not() {
    let (stage, _live, dead) = two_queues("", json!({})).await;
    let other = stage.make("other", json!({})).await;
    stage.make("other.fifo", json!({ "FifoQueue": "true" })).await;
    // Sent by hand: nobody knows where it belongs.
    stage.send(&dead, "letter").await;
    let cases = [
        (json!({}), "MissingParameter"),
        (json!({ "SourceArn": arn("none") }), "ResourceNotFoundException"),
        (json!({ "SourceArn": arn("live") }), "InvalidParameterValue"),
        (json!({ "SourceArn": arn("dead"), "DestinationArn": arn("none") }), "ResourceNotFoundException"),
        (json!({ "SourceArn": arn("dead"), "DestinationArn": arn("other.fifo") }), "InvalidParameterValue"),
        (json!({ "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 501 }), "InvalidParameterValue"),
    ];
    for (body, code) in cases {
        assert_eq!(stage.refuse("StartMessageMoveTask", body.clone()).await.code, code, "{body}");
    }
    stage.ask("StartMessageMoveTask", json!({ "SourceArn": arn("dead") })).await;
    stage.sqs.move_due();
    let tasks = stage.ask("ListMessageMoveTasks", json!({ "SourceArn": arn("dead"), "MaxResults": 10 })).await;
    assert_eq!(tasks["Results"][0]["Status"], "FAILED");
    assert_eq!(tasks["Results"][0]["FailureReason"], "CouldNotDetermineMessageSource");
    assert_eq!(stage.counts(&dead).await, [1, 0, 0]);
    let elsewhere = json!({
        "SourceArn": arn("dead"), "DestinationArn": arn("other"), "MaxNumberOfMessagesPerSecond": 10,
    });
    stage.ask("StartMessageMoveTask", elsewhere).await;
    stage.sqs.move_due();
    assert_eq!(stage.bodies(&other).await, ["letter"]);
    let tasks = stage.ask("ListMessageMoveTasks", json!({ "SourceArn": arn("dead"), "MaxResults": 10 })).await;
    assert_eq!(tasks["Results"].as_array().map(Vec::len), Some(2));
    assert_eq!(tasks["Results"][0]["DestinationArn"], arn("other"));
}
