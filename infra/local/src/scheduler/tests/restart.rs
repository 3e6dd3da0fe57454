//! Schedules and their executions survive a restart.

use jiff::SignedDuration;
use serde_json::json;

use crate::events::tests::fixture::{DEAD_LETTERS, FUNCTION, settle};

use super::fixture::{Fixture, call, schedule};

#[tokio::test]
async fn a_one_time_schedule_that_was_missed_while_the_process_was_down_fires_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduler.journal");
    let fixture = Fixture::new();
    let scheduler = fixture.open(&path);
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    drop(scheduler);
    fixture.clock.tick(SignedDuration::from_hours(30));
    let scheduler = fixture.open(&path);
    let driver = tokio::spawn(scheduler.clone().run());
    settle().await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    driver.abort();
    settle().await;
    drop(scheduler);
    let scheduler = fixture.open(&path);
    tokio::spawn(scheduler.clone().run());
    settle().await;
    assert_eq!((fixture.fakes.invocations().len(), scheduler.pending_executions()), (1, 0));
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}

#[tokio::test]
async fn an_execution_keeps_its_attempt_count_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduler.journal");
    let fixture = Fixture::new();
    let scheduler = fixture.open(&path);
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["Target"]["RetryPolicy"] = json!({ "MaximumRetryAttempts": 1 });
    fields["Target"]["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    call(&scheduler, "CreateSchedule", fields).await;
    fixture.fakes.fail(FUNCTION, 2, "ThrottlingException", true);
    let driver = tokio::spawn(scheduler.clone().run());
    fixture.pass(3_600).await;
    assert_eq!(scheduler.pending_executions(), 1);
    driver.abort();
    settle().await;
    drop(scheduler);
    let scheduler = fixture.open(&path);
    tokio::spawn(scheduler.clone().run());
    fixture.pass(2).await;
    assert_eq!(fixture.fakes.messages(DEAD_LETTERS)[0].attributes["RETRY_ATTEMPTS"], "1");
}
