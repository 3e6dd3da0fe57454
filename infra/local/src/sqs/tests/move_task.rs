//! Message move tasks, second by second.

use serde_json::{Value, json};

use super::{super::Sqs, Fixture, location, start};
use crate::{clock::Clock, idle::Idle};

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-central-1:000000000000:{name}")
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
    assert_eq!(fixture.error_of("CancelMessageMoveTask", unknown).await.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_task_continues_after_a_restart_and_moves_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::paused(start());
    let open = || {
        let sqs = Sqs::open(folder.path().join("sqs.journal"), location(), clock.clone()).expect("the queues");
        Fixture { clock: clock.clone(), sqs }
    };
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
