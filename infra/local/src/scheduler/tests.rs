//! Schedules fire as in AWS, on a paused clock and with a real event bus, and survive a restart.

use std::{path::Path, sync::Arc};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{
        EventBridge,
        tests::{self as fixture, DEAD_LETTERS, FUNCTION, QUEUE, create_rule},
    },
    faults::Faults,
    testing::{FakeTargets, settle},
};

use super::Scheduler;

const BUS: &str = "arn:aws:events:eu-central-1:000000000000:event-bus/default";
const SCHEDULE: &str = "arn:aws:scheduler:eu-central-1:000000000000:schedule/default/deadline";

struct Fixture {
    fakes: Arc<FakeTargets>,
    clock: Clock,
    events: Arc<EventBridge>,
}

impl Fixture {
    fn new() -> Self {
        let (fakes, clock, events) = fixture::running_service();
        Self { fakes, clock, events }
    }

    /// A fixture with a running scheduler in memory.
    fn with_scheduler() -> (Self, Arc<Scheduler>) {
        let fixture = Self::new();
        let scheduler = fixture.scheduler();
        (fixture, scheduler)
    }

    fn scheduler(&self) -> Arc<Scheduler> {
        let scheduler = Scheduler::open(None, self.fakes.context(&self.clock), self.events.clone()).unwrap();
        tokio::spawn(scheduler.clone().run());
        scheduler
    }

    fn open(&self, path: &Path) -> Arc<Scheduler> {
        Scheduler::open(Some(path), self.fakes.context(&self.clock), self.events.clone()).unwrap()
    }

    async fn pass(&self, seconds: i64) {
        fixture::advance(&self.clock, seconds).await;
    }
}

async fn call(scheduler: &Scheduler, operation: &str, fields: Value) -> Value {
    scheduler.handle(operation, fields).await.unwrap()
}

/// The fields of a schedule that invokes the function at this expression.
fn schedule(expression: &str) -> Value {
    json!({
        "Name": "deadline",
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": target(fixture::FUNCTION, "{\"order\": \"o-1\"}"),
    })
}

/// Creates a schedule with this expression and these other fields.
async fn create(scheduler: &Scheduler, expression: &str, changes: Value) -> Value {
    let mut fields = schedule(expression);
    changes.as_object().unwrap().iter().for_each(|(name, value)| fields[name] = value.clone());
    call(scheduler, "CreateSchedule", fields).await
}

fn target(arn: &str, input: &str) -> Value {
    json!({ "Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/scheduler", "Input": input })
}

async fn error_of(scheduler: &Scheduler, operation: &str, fields: Value) -> (u16, String) {
    let error = scheduler.handle(operation, fields).await.unwrap_err();
    (error.status, error.code)
}

#[tokio::test]
async fn get_schedule_returns_what_create_schedule_was_given() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    assert_eq!(create(&scheduler, "rate(1 hour)", json!({})).await, json!({ "ScheduleArn": SCHEDULE }));
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
    let response = call(&scheduler, "CreateScheduleGroup", json!({ "Name": "timers" })).await;
    let arn = "arn:aws:scheduler:eu-central-1:000000000000:schedule-group/timers";
    assert_eq!(response, json!({ "ScheduleGroupArn": arn }));
    assert_eq!(error_of(&scheduler, "CreateScheduleGroup", json!({ "Name": "timers" })).await.0, 409);
    assert_eq!(call(&scheduler, "GetScheduleGroup", json!({ "Name": "timers" })).await["Arn"], arn);
    for name in ["a", "b", "c"] {
        create(&scheduler, "at(2026-11-21T06:00:00)", json!({ "Name": name, "GroupName": "timers" })).await;
    }
    create(&scheduler, "at(2026-11-21T06:00:00)", json!({})).await;
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

#[tokio::test]
async fn a_one_time_schedule_fires_once_and_is_deleted_after_completion() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    create(&scheduler, "at(2026-11-21T06:00:00)", json!({ "ActionAfterCompletion": "DELETE" })).await;
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
    create(&scheduler, "at(2026-11-21T06:00:00)", json!({})).await;
    fixture.pass(86_400).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    assert_eq!(call(&scheduler, "GetSchedule", json!({ "Name": "deadline" })).await["State"], "ENABLED");
}

#[tokio::test]
async fn a_one_time_schedule_fires_in_its_time_zone() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    create(&scheduler, "at(2026-11-21T07:00:00)", json!({ "ScheduleExpressionTimezone": "Europe/Berlin" })).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
}

#[tokio::test]
async fn a_rate_fires_from_its_start_date_until_its_end_date() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    // From 05:30 to 06:00.
    create(&scheduler, "rate(10 minutes)", json!({ "StartDate": fixture.clock.now().as_second() + 1_800, "EndDate": fixture.clock.now().as_second() + 3_600, "ActionAfterCompletion": "DELETE" })).await;
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
        create(&scheduler, "at(2026-11-21T06:00:00)", json!({ "Name": format!("deadline-{number}"), "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15 } })).await;
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
    create(&scheduler, "rate(1 hour)", json!({ "State": "DISABLED" })).await;
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
    create(&scheduler, "at(2026-11-21T06:00:00)", json!({ "ActionAfterCompletion": "DELETE" })).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations().len(), 0);
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"].as_array().unwrap().len(), 1);
    fixture.pass(4).await;
    assert_eq!((fixture.fakes.invocations().len(), scheduler.pending_executions()), (2, 0));
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}

const TIME: &str = "at(2026-11-21T06:00:00)";

fn schedule_for(target: Value) -> Value {
    let mut fields = schedule(TIME);
    fields["Target"] = target;
    fields
}

#[tokio::test]
async fn a_bus_target_receives_an_event_with_the_schedule_as_its_resource() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    create_rule(&fixture.events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let mut target =
        target(BUS, r#"{"at": "<aws.scheduler.scheduled-time>", "try": "<aws.scheduler.attempt-number>"}"#);
    target["EventBridgeParameters"] = json!({ "Source": "shop", "DetailType": "DeadlinePassed" });
    create(&scheduler, TIME, json!({ "Target": target })).await;
    fixture.pass(3_600).await;
    let event = &fixture.fakes.invocations()[0];
    assert_eq!((&event["source"], &event["detail-type"]), (&json!("shop"), &json!("DeadlinePassed")));
    assert_eq!(event["detail"], json!({ "at": "2026-11-21T06:00:00Z", "try": "1" }));
    assert_eq!(event["resources"], json!([SCHEDULE]));
}

#[tokio::test]
async fn the_universal_target_puts_events_and_ignores_an_unknown_bus() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    create_rule(&fixture.events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let entry = |bus: &str| json!({ "Source": "shop", "DetailType": "DeadlinePassed", "Detail": "{\"n\": 1}", "EventBusName": bus });
    let input = json!({ "Entries": [entry("nowhere"), entry("default")] }).to_string();
    let mut target = target("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents", &input);
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    create(&scheduler, TIME, json!({ "Target": target })).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations()[0]["detail"], json!({ "n": 1 }));
    assert_eq!(fixture.fakes.invocations().len(), 1);
    assert_eq!(fixture.fakes.messages(DEAD_LETTERS), []);
}

#[tokio::test]
async fn a_queue_receives_the_input_and_a_function_without_input_the_default_event() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    create(&scheduler, TIME, json!({ "Target": target(QUEUE, "plain text") })).await;
    let mut without_input =
        schedule_for(json!({ "Arn": FUNCTION, "RoleArn": "arn:aws:iam::000000000000:role/scheduler" }));
    without_input["Name"] = json!("without-input");
    call(&scheduler, "CreateSchedule", without_input).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.messages(QUEUE)[0].body, "plain text");
    let event = &fixture.fakes.invocations()[0];
    assert_eq!((&event["source"], &event["time"]), (&json!("aws.scheduler"), &json!("2026-11-21T06:00:00Z")));
}

#[tokio::test]
async fn a_throttled_execution_is_retried_and_its_dead_letter_names_the_exhausted_limit() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let mut target = target(FUNCTION, "{\"id\": \"<aws.scheduler.execution-id>\"}");
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    target["RetryPolicy"] = json!({ "MaximumRetryAttempts": 2 });
    fixture.fakes.fail(FUNCTION, 2, "ThrottlingException", true);
    create(&scheduler, TIME, json!({ "Target": target.clone() })).await;
    fixture.pass(3_603).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    fixture.fakes.fail(FUNCTION, 3, "ThrottlingException", true);
    create(
        &scheduler,
        TIME,
        json!({ "Target": target, "Name": "deadline-2", "ScheduleExpression": "at(2026-11-21T07:00:00)" }),
    )
    .await;
    fixture.pass(3_610).await;
    let dead_letters = fixture.fakes.messages(DEAD_LETTERS);
    assert_eq!(dead_letters.len(), 1);
    let attributes = &dead_letters[0].attributes;
    assert_eq!(attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    assert_eq!(attributes["RETRY_ATTEMPTS"], "2");
    let body: Value = serde_json::from_str(&dead_letters[0].body).unwrap();
    assert_eq!(body["id"], attributes["EXECUTION_ID"].as_str());
}

#[tokio::test]
async fn an_execution_with_a_missing_target_is_dead_lettered_at_once() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    let mut target = target(FUNCTION, "{\"order\": \"o-1\"}");
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    fixture.fakes.fail(FUNCTION, 1, "ResourceNotFoundException", false);
    create(&scheduler, TIME, json!({ "Target": target, "ActionAfterCompletion": "DELETE" })).await;
    fixture.pass(3_600).await;
    let dead_letters = fixture.fakes.messages(DEAD_LETTERS);
    let attributes: Vec<_> = dead_letters[0]
        .attributes
        .iter()
        .filter(|(name, _)| *name != "EXECUTION_ID")
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(
        attributes,
        [
            ("ERROR_CODE", "ResourceNotFoundException"),
            ("ERROR_MESSAGE", "ResourceNotFoundException of the fake"),
            ("IS_PAYLOAD_TRUNCATED", "false"),
            ("RETRY_ATTEMPTS", "0"),
            ("SCHEDULED_TIME", "2026-11-21T06:00:00Z"),
            ("SCHEDULE_ARN", SCHEDULE),
            ("TARGET_ARN", FUNCTION),
        ]
    );
    assert_eq!(dead_letters[0].body, "{\"order\": \"o-1\"}");
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}

#[tokio::test]
async fn a_one_time_schedule_that_was_missed_while_the_process_was_down_fires_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scheduler.journal");
    let fixture = Fixture::new();
    let scheduler = fixture.open(&path);
    create(&scheduler, "at(2026-11-21T06:00:00)", json!({ "ActionAfterCompletion": "DELETE" })).await;
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
