//! When schedules fire, and what becomes of them.

use serde_json::json;

use crate::faults::Faults;

use super::stage::{Stage, call, schedule};

#[tokio::test]
async fn a_single_time_fires_once_and_the_schedule_is_deleted_after_it() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    stage.pass(3_599).await;
    assert_eq!(stage.world.invocations().len(), 0);
    stage.pass(1).await;
    assert_eq!(stage.world.invocations(), [json!({ "order": "o-1" })]);
    let error = scheduler.handle("GetSchedule", json!({ "Name": "deadline" })).await.unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (404, "ResourceNotFoundException"));
    stage.pass(7 * 86_400).await;
    assert_eq!(stage.world.invocations().len(), 1);
}

#[tokio::test]
async fn without_the_action_a_finished_schedule_stays() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    call(&scheduler, "CreateSchedule", schedule("at(2026-11-21T06:00:00)")).await;
    stage.pass(86_400).await;
    assert_eq!(stage.world.invocations().len(), 1);
    assert_eq!(call(&scheduler, "GetSchedule", json!({ "Name": "deadline" })).await["State"], "ENABLED");
}

#[tokio::test]
async fn a_single_time_counts_on_the_clock_of_its_zone() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    let mut fields = schedule("at(2026-11-21T07:00:00)");
    fields["ScheduleExpressionTimezone"] = json!("Europe/Berlin");
    call(&scheduler, "CreateSchedule", fields).await;
    stage.pass(3_600).await;
    assert_eq!(stage.world.invocations().len(), 1);
}

#[tokio::test]
async fn a_rate_fires_from_its_start_until_its_end() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    let mut fields = schedule("rate(10 minutes)");
    // From 05:30 to 06:00.
    fields["StartDate"] = json!(stage.clock.now().as_second() + 1_800);
    fields["EndDate"] = json!(stage.clock.now().as_second() + 3_600);
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    stage.pass(1_799).await;
    assert_eq!(stage.world.invocations().len(), 0);
    stage.pass(1_801).await;
    assert_eq!(stage.world.invocations().len(), 4);
    stage.pass(86_400).await;
    assert_eq!(stage.world.invocations().len(), 4);
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}

#[tokio::test]
async fn a_flexible_schedule_fires_within_its_window() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    for number in 0..20 {
        let mut fields = schedule("at(2026-11-21T06:00:00)");
        fields["Name"] = json!(format!("deadline-{number}"));
        fields["FlexibleTimeWindow"] = json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15 });
        call(&scheduler, "CreateSchedule", fields).await;
    }
    stage.pass(3_600 + 450).await;
    let early = stage.world.invocations().len();
    assert!((1..20).contains(&early), "{early}");
    stage.pass(450).await;
    assert_eq!(stage.world.invocations().len(), 20);
}

#[tokio::test]
async fn a_disabled_or_deleted_schedule_does_not_fire_and_an_updated_one_fires_at_its_new_time() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    let mut disabled = schedule("rate(1 hour)");
    disabled["State"] = json!("DISABLED");
    call(&scheduler, "CreateSchedule", disabled).await;
    stage.pass(7_200).await;
    call(&scheduler, "UpdateSchedule", schedule("at(2026-11-21T08:00:00)")).await;
    call(&scheduler, "UpdateSchedule", schedule("at(2026-11-21T09:00:00)")).await;
    stage.pass(2 * 3_600 - 1).await;
    assert_eq!(stage.world.invocations().len(), 0);
    stage.pass(1).await;
    assert_eq!(stage.world.invocations().len(), 1);
    call(&scheduler, "UpdateSchedule", schedule("rate(1 hour)")).await;
    stage.pass(0).await;
    call(&scheduler, "DeleteSchedule", json!({ "Name": "deadline" })).await;
    stage.pass(86_400).await;
    assert_eq!(stage.world.invocations().len(), 2);
}

#[tokio::test]
async fn a_firing_that_is_doubled_and_dropped_by_faults_arrives_twice_and_its_schedule_goes_after_both() {
    let stage = Stage::new();
    *stage.world.faults.lock().unwrap() = Some(Faults::read(["duplicate@scheduler=1,drop@scheduler=1"], 7).unwrap());
    let scheduler = stage.scheduler();
    let mut fields = schedule("at(2026-11-21T06:00:00)");
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    stage.pass(3_600).await;
    assert_eq!(stage.world.invocations().len(), 0);
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"].as_array().unwrap().len(), 1);
    stage.pass(4).await;
    assert_eq!((stage.world.invocations().len(), scheduler.under_way()), (2, 0));
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}
