//! When schedules fire, and what follows.

use serde_json::json;

use crate::faults::Faults;

use super::fixture::{Fixture, call, schedule};

#[tokio::test]
async fn a_one_time_schedule_fires_once_and_is_deleted_after_completion() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    fixture.pass(3_599).await;
    assert_eq!(fixture.fakes.invocations().len(), 0);
    fixture.pass(1).await;
    assert_eq!(fixture.fakes.invocations(), [json!({ "order": "o-1" })]);
    let error = scheduler.handle("GetSchedule", json!({ "Name": "deadline" })).await.unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (404, "ResourceNotFoundException"));
    fixture.pass(7 * 86_400).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
}

#[tokio::test]
async fn a_completed_schedule_stays_without_action_after_completion() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    call(&scheduler, "CreateSchedule", schedule("at(2026-11-21T06:00:00)")).await;
    fixture.pass(86_400).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    assert_eq!(call(&scheduler, "GetSchedule", json!({ "Name": "deadline" })).await["State"], "ENABLED");
}

#[tokio::test]
async fn a_one_time_schedule_fires_in_its_time_zone() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let mut fields = schedule("at(2026-11-21T07:00:00)");
    fields["ScheduleExpressionTimezone"] = json!("Europe/Berlin");
    call(&scheduler, "CreateSchedule", fields).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
}

#[tokio::test]
async fn a_rate_fires_from_its_start_date_until_its_end_date() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let mut fields = schedule("rate(10 minutes)");
    // From 05:30 to 06:00.
    fields["StartDate"] = json!(fixture.clock.now().as_second() + 1_800);
    fields["EndDate"] = json!(fixture.clock.now().as_second() + 3_600);
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    fixture.pass(1_799).await;
    assert_eq!(fixture.fakes.invocations().len(), 0);
    fixture.pass(1_801).await;
    assert_eq!(fixture.fakes.invocations().len(), 4);
    fixture.pass(86_400).await;
    assert_eq!(fixture.fakes.invocations().len(), 4);
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}

#[tokio::test]
async fn a_flexible_schedule_fires_within_its_time_window() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    for number in 0..20 {
        let mut fields = schedule("at(2026-11-21T06:00:00)");
        fields["Name"] = json!(format!("deadline-{number}"));
        fields["FlexibleTimeWindow"] = json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15 });
        call(&scheduler, "CreateSchedule", fields).await;
    }
    fixture.pass(3_600 + 450).await;
    let early = fixture.fakes.invocations().len();
    assert!((1..20).contains(&early), "{early}");
    fixture.pass(450).await;
    assert_eq!(fixture.fakes.invocations().len(), 20);
}

#[tokio::test]
async fn a_disabled_or_deleted_schedule_does_not_fire_and_an_updated_one_fires_at_its_new_time() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let mut disabled = schedule("rate(1 hour)");
    disabled["State"] = json!("DISABLED");
    call(&scheduler, "CreateSchedule", disabled).await;
    fixture.pass(7_200).await;
    call(&scheduler, "UpdateSchedule", schedule("at(2026-11-21T08:00:00)")).await;
    call(&scheduler, "UpdateSchedule", schedule("at(2026-11-21T09:00:00)")).await;
    fixture.pass(2 * 3_600 - 1).await;
    assert_eq!(fixture.fakes.invocations().len(), 0);
    fixture.pass(1).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    call(&scheduler, "UpdateSchedule", schedule("rate(1 hour)")).await;
    fixture.pass(0).await;
    call(&scheduler, "DeleteSchedule", json!({ "Name": "deadline" })).await;
    fixture.pass(86_400).await;
    assert_eq!(fixture.fakes.invocations().len(), 2);
}

#[tokio::test]
async fn a_firing_duplicated_and_dropped_by_faults_arrives_twice_and_the_schedule_is_deleted_after_both() {
    let fixture = Fixture::new();
    *fixture.fakes.faults.lock().unwrap() = Some(Faults::read(["duplicate@scheduler=1,drop@scheduler=1"], 7).unwrap());
    let scheduler = fixture.scheduler();
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations().len(), 0);
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"].as_array().unwrap().len(), 1);
    fixture.pass(4).await;
    assert_eq!((fixture.fakes.invocations().len(), scheduler.pending_executions()), (2, 0));
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}
