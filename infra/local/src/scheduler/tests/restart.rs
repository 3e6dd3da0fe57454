//! Schedules and their executions outlive the process.

use jiff::SignedDuration;
use serde_json::json;

use crate::events::tests::world::{DEAD_LETTERS, FUNCTION, settle};

use super::stage::{Stage, call, schedule};

#[tokio::test]
async fn a_single_time_that_passed_while_nobody_ran_fires_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduler.journal");
    let stage = Stage::new();
    let scheduler = stage.open(&path);
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    drop(scheduler);
    stage.clock.tick(SignedDuration::from_hours(30));
    let scheduler = stage.open(&path);
    let driver = tokio::spawn(scheduler.clone().run());
    settle().await;
    assert_eq!(stage.world.invocations().len(), 1);
    driver.abort();
    settle().await;
    drop(scheduler);
    let scheduler = stage.open(&path);
    tokio::spawn(scheduler.clone().run());
    settle().await;
    assert_eq!((stage.world.invocations().len(), scheduler.under_way()), (1, 0));
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}

#[tokio::test]
async fn an_execution_that_was_tried_before_a_kill_goes_on_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduler.journal");
    let stage = Stage::new();
    let scheduler = stage.open(&path);
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["Target"]["RetryPolicy"] = json!({ "MaximumRetryAttempts": 1 });
    fields["Target"]["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    call(&scheduler, "CreateSchedule", fields).await;
    stage.world.fails(FUNCTION, 2, "ThrottlingException", true);
    let driver = tokio::spawn(scheduler.clone().run());
    stage.pass(3_600).await;
    assert_eq!(scheduler.under_way(), 1);
    driver.abort();
    settle().await;
    drop(scheduler);
    let scheduler = stage.open(&path);
    tokio::spawn(scheduler.clone().run());
    stage.pass(2).await;
    assert_eq!(stage.world.messages(DEAD_LETTERS)[0].attributes["RETRY_ATTEMPTS"], "1");
}
