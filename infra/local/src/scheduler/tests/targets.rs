//! What the targets get, and the dead letters of those that do not.

use serde_json::{Value, json};

use crate::events::tests::world::{self, DEAD_LETTERS, FUNCTION, QUEUE};

use super::stage::{BUS, SCHEDULE, Stage, call, schedule, target};

const TIME: &str = "at(2026-11-21T06:00:00)";

fn for_target(target: Value) -> Value {
    let mut fields = schedule(TIME);
    fields["Target"] = target;
    fields
}

#[tokio::test]
async fn a_bus_gets_an_event_with_the_schedule_as_its_resource() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    world::rule(&stage.events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let mut target =
        target(BUS, r#"{"at": "<aws.scheduler.scheduled-time>", "try": "<aws.scheduler.attempt-number>"}"#);
    target["EventBridgeParameters"] = json!({ "Source": "shop", "DetailType": "DeadlinePassed" });
    call(&scheduler, "CreateSchedule", for_target(target)).await;
    stage.pass(3_600).await;
    let event = &stage.world.invocations()[0];
    assert_eq!((&event["source"], &event["detail-type"]), (&json!("shop"), &json!("DeadlinePassed")));
    assert_eq!(event["detail"], json!({ "at": "2026-11-21T06:00:00Z", "try": "1" }));
    assert_eq!(event["resources"], json!([SCHEDULE]));
}

#[tokio::test]
async fn the_universal_target_puts_events_and_takes_no_notice_of_an_unknown_bus() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    world::rule(&stage.events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let entry = |bus: &str| json!({ "Source": "shop", "DetailType": "DeadlinePassed", "Detail": "{\"n\": 1}", "EventBusName": bus });
    let input = json!({ "Entries": [entry("nowhere"), entry("default")] }).to_string();
    let mut target = target("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents", &input);
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    call(&scheduler, "CreateSchedule", for_target(target)).await;
    stage.pass(3_600).await;
    assert_eq!(stage.world.invocations()[0]["detail"], json!({ "n": 1 }));
    assert_eq!(stage.world.invocations().len(), 1);
    assert_eq!(stage.world.messages(DEAD_LETTERS), []);
}

#[tokio::test]
async fn a_queue_gets_the_input_and_a_function_without_input_a_notice() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    call(&scheduler, "CreateSchedule", for_target(target(QUEUE, "plain text"))).await;
    let mut silent = for_target(json!({ "Arn": FUNCTION, "RoleArn": "arn:aws:iam::000000000000:role/scheduler" }));
    silent["Name"] = json!("silent");
    call(&scheduler, "CreateSchedule", silent).await;
    stage.pass(3_600).await;
    assert_eq!(stage.world.messages(QUEUE)[0].body, "plain text");
    let notice = &stage.world.invocations()[0];
    assert_eq!((&notice["source"], &notice["time"]), (&json!("aws.scheduler"), &json!("2026-11-21T06:00:00Z")));
}

#[tokio::test]
async fn a_throttled_execution_is_tried_again_and_says_at_the_end_which_limit_it_met() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    let mut target = target(FUNCTION, "{\"id\": \"<aws.scheduler.execution-id>\"}");
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    target["RetryPolicy"] = json!({ "MaximumRetryAttempts": 2 });
    stage.world.fails(FUNCTION, 2, "ThrottlingException", true);
    call(&scheduler, "CreateSchedule", for_target(target.clone())).await;
    stage.pass(3_603).await;
    assert_eq!(stage.world.invocations().len(), 1);
    stage.world.fails(FUNCTION, 3, "ThrottlingException", true);
    let mut again = for_target(target);
    again["Name"] = json!("deadline-2");
    again["ScheduleExpression"] = json!("at(2026-11-21T07:00:00)");
    call(&scheduler, "CreateSchedule", again).await;
    stage.pass(3_610).await;
    let letters = stage.world.messages(DEAD_LETTERS);
    assert_eq!(letters.len(), 1);
    let attributes = &letters[0].attributes;
    assert_eq!(attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    assert_eq!(attributes["RETRY_ATTEMPTS"], "2");
    let body: Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!(body["id"], attributes["EXECUTION_ID"].as_str());
}

#[tokio::test]
async fn an_execution_whose_target_is_gone_ends_in_the_dead_letters_at_once() {
    let stage = Stage::new();
    let scheduler = stage.scheduler();
    let mut target = target(FUNCTION, "{\"order\": \"o-1\"}");
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    stage.world.fails(FUNCTION, 1, "ResourceNotFoundException", false);
    let mut fields = for_target(target);
    fields["ActionAfterCompletion"] = json!("DELETE");
    call(&scheduler, "CreateSchedule", fields).await;
    stage.pass(3_600).await;
    let letters = stage.world.messages(DEAD_LETTERS);
    let attributes: Vec<_> = letters[0]
        .attributes
        .iter()
        .filter(|(name, _)| *name != "EXECUTION_ID")
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(
        attributes,
        [
            ("ERROR_CODE", "ResourceNotFoundException"),
            ("ERROR_MESSAGE", "ResourceNotFoundException on the stage"),
            ("IS_PAYLOAD_TRUNCATED", "false"),
            ("RETRY_ATTEMPTS", "0"),
            ("SCHEDULED_TIME", "2026-11-21T06:00:00Z"),
            ("SCHEDULE_ARN", SCHEDULE),
            ("TARGET_ARN", FUNCTION),
        ]
    );
    assert_eq!(letters[0].body, "{\"order\": \"o-1\"}");
    assert_eq!(call(&scheduler, "ListSchedules", json!({})).await["Schedules"], json!([]));
}
