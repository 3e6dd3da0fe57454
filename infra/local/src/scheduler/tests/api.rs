//! The API operations on schedules and groups, with their errors.

use serde_json::{Value, json};

use crate::{events::tests::fixture::FUNCTION, scheduler::Scheduler};

use super::fixture::{BUS, Fixture, SCHEDULE, call, schedule, target};

async fn error_of(scheduler: &Scheduler, operation: &str, fields: Value) -> (u16, String) {
    let error = scheduler.handle(operation, fields).await.unwrap_err();
    (error.status, error.code)
}

#[tokio::test]
async fn get_schedule_returns_what_create_schedule_was_given() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let answer = call(&scheduler, "CreateSchedule", schedule("rate(1 hour)")).await;
    assert_eq!(answer, json!({ "ScheduleArn": SCHEDULE }));
    let now = fixture.clock.now().as_second();
    let expected = json!({
        "Arn": SCHEDULE, "GroupName": "default", "Name": "deadline", "ScheduleExpression": "rate(1 hour)",
        "ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "FlexibleTimeWindow": { "Mode": "OFF" },
        "ActionAfterCompletion": "NONE", "CreationDate": now, "LastModificationDate": now,
        "Target": schedule("rate(1 hour)")["Target"],
    });
    assert_eq!(call(&scheduler, "GetSchedule", json!({ "Name": "deadline" })).await, expected);
}

#[tokio::test]
async fn a_second_schedule_with_the_same_name_is_a_conflict_unless_the_client_token_marks_a_repeat() {
    let scheduler = Fixture::new().scheduler();
    let mut fields = schedule("rate(1 hour)");
    fields["ClientToken"] = json!("once");
    for _ in 0..2 {
        call(&scheduler, "CreateSchedule", fields.clone()).await;
    }
    let conflict = (409, "ConflictException".to_owned());
    let mut other = fields.clone();
    other["ScheduleExpression"] = json!("rate(2 hours)");
    assert_eq!(error_of(&scheduler, "CreateSchedule", other).await, conflict);
    assert_eq!(error_of(&scheduler, "CreateSchedule", schedule("rate(1 hour)")).await, conflict);
}

#[tokio::test]
async fn unknown_schedules_and_groups_are_not_found() {
    let scheduler = Fixture::new().scheduler();
    let missing = (404, "ResourceNotFoundException".to_owned());
    let mut elsewhere = schedule("rate(1 hour)");
    elsewhere["GroupName"] = json!("nowhere");
    assert_eq!(error_of(&scheduler, "CreateSchedule", elsewhere).await, missing);
    assert_eq!(error_of(&scheduler, "UpdateSchedule", schedule("rate(1 hour)")).await, missing);
    for operation in ["GetSchedule", "DeleteSchedule", "GetScheduleGroup", "DeleteScheduleGroup"] {
        assert_eq!(error_of(&scheduler, operation, json!({ "Name": "none" })).await, missing, "{operation}");
    }
}

#[tokio::test]
async fn invalid_schedules_are_rejected() {
    let scheduler = Fixture::new().scheduler();
    for (field, wrong) in [
        ("Name", json!("a b")),
        ("Name", Value::Null),
        ("ScheduleExpression", json!("every hour")),
        ("ScheduleExpression", json!("at(2026-11-21T06:00:00Z)")),
        ("ScheduleExpression", json!("at(2026-11-21T04:59:59)")),
        ("StartDate", json!("2026-11-21T04:54:59Z")),
        ("ScheduleExpressionTimezone", json!("Europe/Atlantis")),
        ("State", json!("ON")),
        ("ActionAfterCompletion", json!("KEEP")),
        ("FlexibleTimeWindow", Value::Null),
        ("FlexibleTimeWindow", json!({ "Mode": "FLEXIBLE" })),
        ("FlexibleTimeWindow", json!({ "Mode": "OFF", "MaximumWindowInMinutes": 5 })),
        ("EndDate", json!("soon")),
        ("Target", Value::Null),
        ("Target", target("arn:aws:sns:eu-central-1:000000000000:topic", "{}")),
        ("Target", target(BUS, "{}")),
    ] {
        let mut fields = schedule("rate(1 hour)");
        fields[field] = wrong.clone();
        let expected = (400, "ValidationException".to_owned());
        assert_eq!(error_of(&scheduler, "CreateSchedule", fields).await, expected, "{field}: {wrong}");
    }
    for wrong in [json!({ "MaximumRetryAttempts": 186 }), json!({ "MaximumEventAgeInSeconds": 1 })] {
        let mut fields = schedule("rate(1 hour)");
        fields["Target"]["RetryPolicy"] = wrong;
        assert_eq!(error_of(&scheduler, "CreateSchedule", fields).await.1, "ValidationException");
    }
}

#[tokio::test]
async fn deleting_a_group_deletes_its_schedules() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let answer = call(&scheduler, "CreateScheduleGroup", json!({ "Name": "timers" })).await;
    let arn = "arn:aws:scheduler:eu-central-1:000000000000:schedule-group/timers";
    assert_eq!(answer, json!({ "ScheduleGroupArn": arn }));
    assert_eq!(error_of(&scheduler, "CreateScheduleGroup", json!({ "Name": "timers" })).await.0, 409);
    assert_eq!(call(&scheduler, "GetScheduleGroup", json!({ "Name": "timers" })).await["Arn"], arn);
    for name in ["a", "b", "c"] {
        let mut fields = schedule("at(2026-11-21T06:00:00)");
        fields["Name"] = json!(name);
        fields["GroupName"] = json!("timers");
        call(&scheduler, "CreateSchedule", fields).await;
    }
    call(&scheduler, "CreateSchedule", schedule("at(2026-11-21T06:00:00)")).await;
    let first = call(&scheduler, "ListSchedules", json!({ "ScheduleGroup": "timers", "MaxResults": "2" })).await;
    assert_eq!(first["Schedules"].as_array().unwrap().len(), 2);
    let next = json!({ "ScheduleGroup": "timers", "MaxResults": "2", "NextToken": first["NextToken"] });
    let second = call(&scheduler, "ListSchedules", next).await;
    assert_eq!(second["Schedules"][0]["Name"], "c");
    assert_eq!(second["Schedules"][0]["Target"], json!({ "Arn": FUNCTION }));
    call(&scheduler, "DeleteScheduleGroup", json!({ "Name": "timers" })).await;
    let groups = call(&scheduler, "ListScheduleGroups", json!({})).await;
    assert_eq!(groups["ScheduleGroups"].as_array().unwrap().len(), 1);
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    let expected = (400, "ValidationException".to_owned());
    assert_eq!(error_of(&scheduler, "DeleteScheduleGroup", json!({ "Name": "default" })).await, expected);
}
