//! What targets receive, and the dead letters of failed executions.

use serde_json::{Value, json};

use crate::events::tests::fixture::{DEAD_LETTERS, FUNCTION, QUEUE, create_rule};

use super::fixture::{BUS, Fixture, SCHEDULE, call, schedule, target};

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
    call(&scheduler, "CreateSchedule", schedule_for(target)).await;
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
    call(&scheduler, "CreateSchedule", schedule_for(target)).await;
    fixture.pass(3_600).await;
    assert_eq!(fixture.fakes.invocations()[0]["detail"], json!({ "n": 1 }));
    assert_eq!(fixture.fakes.invocations().len(), 1);
    assert_eq!(fixture.fakes.messages(DEAD_LETTERS), []);
}

#[tokio::test]
async fn a_queue_receives_the_input_and_a_function_without_input_the_default_event() {
    let (fixture, scheduler) = Fixture::with_scheduler();
    call(&scheduler, "CreateSchedule", schedule_for(target(QUEUE, "plain text"))).await;
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
    call(&scheduler, "CreateSchedule", schedule_for(target.clone())).await;
    fixture.pass(3_603).await;
    assert_eq!(fixture.fakes.invocations().len(), 1);
    fixture.fakes.fail(FUNCTION, 3, "ThrottlingException", true);
    let mut again = schedule_for(target);
    again["Name"] = json!("deadline-2");
    again["ScheduleExpression"] = json!("at(2026-11-21T07:00:00)");
    call(&scheduler, "CreateSchedule", again).await;
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
    let mut fields = schedule_for(target);
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
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
