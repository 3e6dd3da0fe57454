//! Tasks that move dead letters, second by second.

use serde_json::{Value, json};

use super::{super::Sqs, Stage, place, start};
use crate::{clock::Clock, idle::Idle};

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-central-1:000000000000:{name}")
}

/// A queue, and five letters in its dead-letter queue.
async fn five_letters(stage: &Stage) -> (String, String) {
    let dead = stage.make("dead", json!({})).await;
    let policy = json!({ "deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1 }).to_string();
    let live = stage.make("live", json!({ "RedrivePolicy": policy, "VisibilityTimeout": "0" })).await;
    for number in 0..5 {
        stage.send(&live, &number.to_string()).await;
    }
    stage.receive(&live).await;
    stage.receive(&live).await;
    assert_eq!(stage.counts(&dead).await, [5, 0, 0]);
    (live, dead)
}

fn two_a_second() -> Value {
    json!({ "SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": 2 })
}

async fn task(stage: &Stage) -> Value {
    stage.ask("ListMessageMoveTasks", json!({ "SourceArn": arn("dead") })).await["Results"][0].clone()
}

async fn moved(stage: &Stage) -> (Value, Value) {
    let task = task(stage).await;
    (task["Status"].clone(), task["ApproximateNumberOfMessagesMoved"].clone())
}

#[tokio::test]
async fn a_task_moves_no_more_in_a_second_than_it_may_and_only_one_runs_for_a_queue() {
    let stage = Stage::new();
    let (live, dead) = five_letters(&stage).await;
    let started = stage.ask("StartMessageMoveTask", two_a_second()).await;
    assert_eq!(moved(&stage).await, (json!("RUNNING"), json!(0)));
    assert_eq!(task(&stage).await["TaskHandle"], started["TaskHandle"]);
    assert_eq!(stage.refuse("StartMessageMoveTask", two_a_second()).await.code, "InvalidParameterValue");
    for (seconds, status, count) in [(0, "RUNNING", 2), (0, "RUNNING", 2), (1, "RUNNING", 4), (1, "COMPLETED", 5)] {
        stage.pass(seconds);
        assert_eq!(stage.sqs.is_idle(stage.clock.now()).await, count == 2 && stage.counts(&live).await[0] == 2);
        stage.sqs.move_due();
        assert_eq!(moved(&stage).await, (json!(status), json!(count)));
    }
    let done = task(&stage).await;
    assert_eq!((&done["ApproximateNumberOfMessagesToMove"], &done["TaskHandle"]), (&json!(5), &Value::Null));
    assert_eq!((stage.counts(&live).await, stage.counts(&dead).await), ([5, 0, 0], [0, 0, 0]));
    stage.ask("StartMessageMoveTask", two_a_second()).await;
}

#[tokio::test]
async fn a_task_that_is_cancelled_ends_and_what_it_moved_stays_moved() {
    let stage = Stage::new();
    let (live, dead) = five_letters(&stage).await;
    let handle = stage.ask("StartMessageMoveTask", two_a_second()).await["TaskHandle"].clone();
    stage.sqs.move_due();
    let cancelled = stage.ask("CancelMessageMoveTask", json!({ "TaskHandle": handle })).await;
    assert_eq!(cancelled, json!({ "ApproximateNumberOfMessagesMoved": 2 }));
    assert_eq!(moved(&stage).await, (json!("CANCELLING"), json!(2)));
    let again = json!({ "TaskHandle": handle });
    assert_eq!(stage.refuse("CancelMessageMoveTask", again).await.code, "UnsupportedOperation");
    stage.sqs.move_due();
    stage.pass(5);
    stage.sqs.move_due();
    assert_eq!(moved(&stage).await, (json!("CANCELLED"), json!(2)));
    assert_eq!((stage.counts(&live).await, stage.counts(&dead).await), ([2, 0, 0], [3, 0, 0]));
    let unknown = json!({ "TaskHandle": "none" });
    assert_eq!(stage.refuse("CancelMessageMoveTask", unknown).await.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_task_goes_on_after_a_kill_and_moves_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::paused(start());
    let open = || {
        let sqs = Sqs::open(folder.path().join("sqs.journal"), place(), clock.clone()).expect("the queues");
        Stage { clock: clock.clone(), sqs }
    };
    let stage = open();
    let (live, dead) = five_letters(&stage).await;
    stage.ask("StartMessageMoveTask", two_a_second()).await;
    stage.sqs.move_due();
    drop(stage);
    let stage = open();
    stage.sqs.move_due();
    assert_eq!(moved(&stage).await, (json!("RUNNING"), json!(2)));
    // Came later than the task began, and is none of its business.
    stage.send(&dead, "late").await;
    for _ in 0..3 {
        stage.pass(1);
        stage.sqs.move_due();
    }
    assert_eq!(moved(&stage).await, (json!("COMPLETED"), json!(5)));
    assert_eq!((stage.counts(&live).await, stage.counts(&dead).await), ([5, 0, 0], [1, 0, 0]));
}

#[tokio::test]
async fn a_task_whose_queue_goes_fails_and_says_so() {
    let stage = Stage::new();
    let (live, dead) = five_letters(&stage).await;
    stage.ask("StartMessageMoveTask", two_a_second()).await;
    stage.sqs.move_due();
    stage.ask("DeleteQueue", json!({ "QueueUrl": live })).await;
    stage.pass(1);
    stage.sqs.move_due();
    let failed = task(&stage).await;
    assert_eq!(
        (&failed["Status"], &failed["FailureReason"]),
        (&json!("FAILED"), &json!("AWS.SimpleQueueService.NonExistentQueue"),)
    );
    assert_eq!(stage.counts(&dead).await, [3, 0, 0]);
}
