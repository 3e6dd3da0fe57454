//! Tests of EventBridge, on a paused clock: the fixture, `PutEvents`, the input of targets, and the API calls with their
//! errors.

mod delivery;
mod restart;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    clock::Clock,
    testing::{self, FakeTargets, clock, settle},
};

use super::{ActivityEvent, AttemptOutcome, EventBridge};

pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-central-1:000000000000:function:inventory";
pub(crate) const QUEUE: &str = "arn:aws:sqs:eu-central-1:000000000000:orders";
pub(crate) const DEAD_LETTERS: &str = "arn:aws:sqs:eu-central-1:000000000000:dead-letters";

/// Advances the clock by this many seconds, stopping at every timer.
pub(crate) async fn advance(clock: &Clock, seconds: i64) {
    testing::advance(clock, SignedDuration::from_secs(seconds)).await;
}

/// A folder with the path of a write-ahead log in it, and what a service needs to open it.
pub(crate) fn wal_fixture() -> (TempDir, PathBuf, Arc<FakeTargets>, Clock) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    (folder, path, Arc::new(FakeTargets::default()), clock())
}

/// The numbers of retried, dead-lettered and lost deliveries, as observers see them.
fn outcomes(fakes: &FakeTargets) -> [usize; 3] {
    let activity = fakes.activity.lock().unwrap();
    let outcomes = activity.iter().filter_map(|activity| match activity {
        ActivityEvent::DeliveryAttempted { outcome, .. } => Some(outcome),
        _ => None,
    });
    let count =
        |is_counted: fn(&AttemptOutcome) -> bool| outcomes.clone().filter(|outcome| is_counted(outcome)).count();
    [
        count(|outcome| matches!(outcome, AttemptOutcome::Retry { .. })),
        count(|outcome| matches!(outcome, AttemptOutcome::DeadLettered { .. })),
        count(|outcome| matches!(outcome, AttemptOutcome::Dropped { .. })),
    ]
}

/// A service in memory that delivers nothing yet.
pub(crate) fn service() -> (Arc<FakeTargets>, Clock, Arc<EventBridge>) {
    let (fakes, clock) = (Arc::new(FakeTargets::default()), clock());
    let events = EventBridge::open(None, fakes.context(&clock)).unwrap();
    (fakes, clock, events)
}

/// A service in memory that delivers.
pub(crate) fn running_service() -> (Arc<FakeTargets>, Clock, Arc<EventBridge>) {
    let (fakes, clock, events) = service();
    tokio::spawn(events.clone().run());
    (fakes, clock, events)
}

pub(crate) async fn call(events: &EventBridge, operation: &str, body: Value) -> Value {
    events.handle(operation, body).await.unwrap()
}

/// Creates a rule for all events of the shop, with these targets.
pub(crate) async fn create_rule(events: &EventBridge, name: &str, targets: Value) {
    call(events, "PutRule", json!({ "Name": name, "EventPattern": r#"{"source": ["shop"]}"# })).await;
    call(events, "PutTargets", json!({ "Rule": name, "Targets": targets })).await;
}

/// The function as a target with a dead-letter queue and this retry policy.
fn function_with_dlq(retry_policy: Value) -> Value {
    json!({ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": DEAD_LETTERS }, "RetryPolicy": retry_policy })
}

pub(crate) fn order_placed() -> Value {
    json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": r#"{"order": "o-1", "total": 25.50}"# })
}

pub(crate) async fn put(events: &EventBridge, entry: Value) -> Value {
    call(events, "PutEvents", json!({ "Entries": [entry] })).await
}

fn with(field: &str, value: Value) -> Value {
    let mut entry = order_placed();
    entry[field] = value;
    entry
}

#[tokio::test]
async fn the_envelope_has_its_fields_in_order_and_its_time_in_whole_seconds() {
    let (fakes, _, events) = running_service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let mut entry = with("Time", json!(1_790_000_000.75));
    entry["Resources"] = json!(["order/o-1"]);
    let response = put(&events, entry).await;
    settle().await;
    let id = response["Entries"][0]["EventId"].as_str().unwrap();
    let expected = format!(
        r#"{{"version":"0","id":"{id}","detail-type":"OrderPlaced","source":"shop","account":"000000000000","time":"2026-09-21T14:13:20Z","region":"eu-central-1","resources":["order/o-1"],"detail":{{"order":"o-1","total":25.50}}}}"#
    );
    assert_eq!(fakes.invoked.lock().unwrap()[0].1, expected);
}

#[tokio::test]
async fn entries_fail_alone_and_the_results_keep_their_order() {
    let (_, _, events) = service();
    let entries = json!([
        order_placed(),
        with("Source", Value::Null),
        with("DetailType", json!("")),
        with("Detail", json!("{\"order\": ")),
        with("Detail", json!("[1]")),
        with("Detail", json!(r#"{"n": 9223372036854775808}"#)),
        with("Source", json!("aws.ec2")),
        with("DetailType", json!("x".repeat(129))),
        with("EventBusName", json!("nowhere")),
    ]);
    let response = call(&events, "PutEvents", json!({ "Entries": entries })).await;
    let codes: Vec<_> =
        response["Entries"].as_array().unwrap().iter().map(|entry| entry["ErrorCode"].as_str()).collect();
    let (argument, malformed) = (Some("InvalidArgument"), Some("MalformedDetail"));
    let not_authorized = Some("NotAuthorizedForSource");
    assert_eq!(codes, [None, argument, argument, malformed, malformed, malformed, not_authorized, argument, None]);
    assert_eq!(response["FailedEntryCount"], 7);
    assert!(response["Entries"][8]["EventId"].is_string());
}

#[tokio::test]
async fn a_request_over_a_limit_fails_as_a_whole() {
    let (_, _, events) = service();
    let big = with("Detail", json!(format!(r#"{{"text": "{}"}}"#, "x".repeat(1_048_576))));
    for entries in [json!(vec![order_placed(); 11]), json!([]), json!([big])] {
        let error = events.handle("PutEvents", json!({ "Entries": entries })).await.unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (400, "ValidationException"));
    }
    assert_eq!(call(&events, "PutEvents", json!({ "Entries": vec![order_placed(); 10] })).await["FailedEntryCount"], 0);
}

#[tokio::test]
async fn the_nesting_of_a_detail_is_limited() {
    let (_, _, events) = service();
    let nested = |levels: usize| {
        let detail = format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        with("Detail", json!(detail))
    };
    assert_eq!(put(&events, nested(400)).await["FailedEntryCount"], 0);
    assert_eq!(put(&events, nested(1_001)).await["Entries"][0]["ErrorCode"], "MalformedDetail");
}

#[tokio::test]
async fn event_ids_are_unique() {
    let (_, _, events) = service();
    let response = call(&events, "PutEvents", json!({ "Entries": vec![order_placed(); 10] })).await;
    let ids: BTreeSet<_> =
        response["Entries"].as_array().unwrap().iter().map(|entry| entry["EventId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn a_pattern_can_be_tested_without_a_rule() {
    let (_, _, events) = service();
    let event = json!({
        "id": "1", "account": "000000000000", "source": "shop", "time": "2026-11-21T05:00:00Z",
        "region": "eu-central-1", "resources": [], "detail-type": "OrderPlaced", "detail": { "total": 5 },
    });
    for (pattern, result) in [(r#"{"source": ["shop"]}"#, true), (r#"{"source": ["bank"]}"#, false)] {
        let body = json!({ "EventPattern": pattern, "Event": event.to_string() });
        assert_eq!(call(&events, "TestEventPattern", body).await["Result"], result);
    }
    for (pattern, event, code) in [
        (r#"{"source": "shop"}"#, event.to_string(), "InvalidEventPatternException"),
        (r#"{"source": ["shop"]}"#, r#"{"source": "shop"}"#.to_owned(), "ValidationException"),
    ] {
        let body = json!({ "EventPattern": pattern, "Event": event });
        assert_eq!(events.handle("TestEventPattern", body).await.unwrap_err().code, code);
    }
}

async fn received(target: Value) -> Vec<String> {
    let (fakes, _, events) = running_service();
    let mut target = target;
    target["Id"] = json!("f");
    target["Arn"] = json!(FUNCTION);
    target["DeadLetterConfig"] = json!({ "Arn": DEAD_LETTERS });
    create_rule(&events, "reserve", json!([target])).await;
    put(&events, order_placed()).await;
    settle().await;
    let dead_letters = fakes.messages(DEAD_LETTERS).into_iter().map(|message| message.attributes["ERROR_CODE"].clone());
    fakes.invoked.lock().unwrap().iter().map(|(_, event)| event.clone()).chain(dead_letters).collect()
}

#[tokio::test]
async fn the_input_can_be_a_constant_or_a_part_of_the_event() {
    assert_eq!(received(json!({ "Input": "{\"a\": 1}" })).await, ["{\"a\": 1}"]);
    assert_eq!(received(json!({ "InputPath": "$.detail.order" })).await, ["\"o-1\""]);
    assert_eq!(received(json!({ "InputPath": "$['detail-type']" })).await, ["\"OrderPlaced\""]);
    assert_eq!(received(json!({ "InputPath": "$.detail.nothing" })).await, ["INVALID_JSON"]);
}

#[tokio::test]
async fn a_template_is_filled_with_text_inside_quotes_and_with_json_elsewhere() {
    let transformer = json!({
        "InputPathsMap": { "order": "$.detail.order", "detail": "$.detail", "none": "$.detail.none" },
        "InputTemplate": r#"{"id": <order>, "say": "order <order>: <none>!", "all": <detail>, "by": "<aws.events.rule-name>", "less": "<other"}"#,
    });
    let received = received(json!({ "InputTransformer": transformer })).await;
    let expected = json!({
        "id": "o-1", "say": "order o-1: !", "all": { "order": "o-1", "total": 25.5 }, "by": "reserve", "less": "<other",
    });
    assert_eq!(serde_json::from_str::<Value>(&received[0]).unwrap(), expected);
}

#[tokio::test]
async fn a_template_without_a_valid_json_result_is_dead_lettered() {
    let transformer = json!({ "InputPathsMap": { "order": "$.detail.order" }, "InputTemplate": "{\"id\": <order>" });
    assert_eq!(received(json!({ "InputTransformer": transformer })).await, ["INVALID_JSON"]);
}

async fn error_code(events: &EventBridge, operation: &str, body: Value) -> String {
    events.handle(operation, body).await.unwrap_err().code
}

#[tokio::test]
async fn put_rule_replaces_all_fields_and_keeps_the_targets() {
    let (_, _, events) = service();
    let first = json!({
        "Name": "report", "ScheduleExpression": "rate(1 hour)", "Description": "every hour", "State": "DISABLED",
    });
    let response = call(&events, "PutRule", first).await;
    assert_eq!(response["RuleArn"], "arn:aws:events:eu-central-1:000000000000:rule/report");
    call(&events, "PutTargets", json!({ "Rule": "report", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
    call(&events, "PutRule", json!({ "Name": "report", "EventPattern": r#"{"source": ["shop"]}"# })).await;
    let described = call(&events, "DescribeRule", json!({ "Name": "report" })).await;
    let expected = json!({
        "Name": "report", "Arn": response["RuleArn"], "State": "ENABLED", "EventBusName": "default",
        "EventPattern": r#"{"source": ["shop"]}"#, "CreatedBy": "000000000000",
    });
    assert_eq!(described, expected);
    let targets = call(&events, "ListTargetsByRule", json!({ "Rule": "report" })).await;
    assert_eq!(targets["Targets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn rules_are_listed_by_prefix_and_page_by_page() {
    let (_, _, events) = service();
    for name in ["a-1", "a-2", "a-3", "b-1"] {
        create_rule(&events, name, json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    }
    let mut names = Vec::new();
    let mut token = Value::Null;
    loop {
        let page = call(&events, "ListRules", json!({ "NamePrefix": "a-", "Limit": 2, "NextToken": token })).await;
        names.extend(page["Rules"].as_array().unwrap().iter().map(|rule| rule["Name"].clone()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(names, ["a-1", "a-2", "a-3"]);
    let by_target = call(&events, "ListRuleNamesByTarget", json!({ "TargetArn": FUNCTION })).await;
    assert_eq!(by_target["RuleNames"], json!(["a-1", "a-2", "a-3", "b-1"]));
}

#[tokio::test]
async fn a_rule_with_targets_cannot_be_deleted_and_a_missing_one_can() {
    let (_, _, events) = service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    assert_eq!(error_code(&events, "DeleteRule", json!({ "Name": "reserve" })).await, "ValidationException");
    let response = call(&events, "RemoveTargets", json!({ "Rule": "reserve", "Ids": ["f", "g"] })).await;
    assert_eq!((&response["FailedEntryCount"], &response["FailedEntries"][0]["TargetId"]), (&json!(1), &json!("g")));
    for _ in 0..2 {
        call(&events, "DeleteRule", json!({ "Name": "reserve" })).await;
    }
    assert_eq!(error_code(&events, "DescribeRule", json!({ "Name": "reserve" })).await, "ResourceNotFoundException");
}

#[tokio::test]
async fn every_invalid_rule_is_rejected_with_its_own_code() {
    let (_, _, events) = service();
    call(&events, "CreateEventBus", json!({ "Name": "shop" })).await;
    let pattern = r#"{"source": ["shop"]}"#;
    for (body, code) in [
        (json!({ "EventPattern": pattern }), "ValidationException"),
        (json!({ "Name": "a b", "EventPattern": pattern }), "ValidationException"),
        (json!({ "Name": "a" }), "ValidationException"),
        (json!({ "Name": "a", "EventPattern": "{" }), "InvalidEventPatternException"),
        (json!({ "Name": "a", "EventPattern": r#"{"source": "shop"}"# }), "InvalidEventPatternException"),
        (json!({ "Name": "a", "ScheduleExpression": "rate(0 minutes)" }), "ValidationException"),
        (json!({ "Name": "a", "ScheduleExpression": "rate(1 hour)", "EventBusName": "shop" }), "ValidationException"),
        (json!({ "Name": "a", "EventPattern": pattern, "State": "ON" }), "ValidationException"),
        (json!({ "Name": "a", "EventPattern": pattern, "EventBusName": "none" }), "ResourceNotFoundException"),
        (json!({ "Name": 5 }), "SerializationException"),
    ] {
        assert_eq!(error_code(&events, "PutRule", body.clone()).await, code, "{body}");
    }
    assert_eq!(error_code(&events, "PutWhatever", json!({})).await, "UnknownOperationException");
}

#[tokio::test]
async fn every_invalid_target_is_rejected() {
    let (_, _, events) = service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    for target in [
        json!({ "Id": "f", "Arn": "inventory" }),
        json!({ "Id": "f g", "Arn": FUNCTION }),
        json!({ "Id": "f", "Arn": FUNCTION, "Input": "{}", "InputPath": "$.detail" }),
        json!({ "Id": "f", "Arn": FUNCTION, "Input": "no json" }),
        json!({ "Id": "f", "Arn": FUNCTION, "InputPath": "detail" }),
        json!({ "Id": "f", "Arn": FUNCTION, "InputTransformer": { "InputTemplate": "<order>" } }),
        json!({ "Id": "f", "Arn": FUNCTION, "RetryPolicy": { "MaximumRetryAttempts": 186 } }),
        json!({ "Id": "f", "Arn": FUNCTION, "RetryPolicy": { "MaximumEventAgeInSeconds": 59 } }),
        json!({ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": FUNCTION } }),
    ] {
        let body = json!({ "Rule": "reserve", "Targets": [target] });
        assert_eq!(error_code(&events, "PutTargets", body).await, "ValidationException", "{target}");
    }
    let many: Vec<_> = (0..6).map(|number| json!({ "Id": format!("t{number}"), "Arn": QUEUE })).collect();
    let body = json!({ "Rule": "reserve", "Targets": many });
    assert_eq!(error_code(&events, "PutTargets", body).await, "LimitExceededException");
    let targets = call(&events, "ListTargetsByRule", json!({ "Rule": "reserve" })).await;
    assert_eq!(targets["Targets"], json!([{ "Id": "f", "Arn": FUNCTION }]));
}

#[tokio::test]
async fn buses_are_created_described_listed_and_deleted() {
    let (_, _, events) = service();
    let response = call(&events, "CreateEventBus", json!({ "Name": "shop" })).await;
    let arn = "arn:aws:events:eu-central-1:000000000000:event-bus/shop";
    assert_eq!(response["EventBusArn"], arn);
    let again = error_code(&events, "CreateEventBus", json!({ "Name": "shop" })).await;
    assert_eq!(again, "ResourceAlreadyExistsException");
    assert_eq!(call(&events, "DescribeEventBus", json!({ "Name": arn })).await["Name"], "shop");
    let named = json!({ "Name": "r", "EventBusName": "shop", "EventPattern": r#"{"source": ["shop"]}"# });
    call(&events, "PutRule", named).await;
    assert_eq!(error_code(&events, "DeleteEventBus", json!({ "Name": "shop" })).await, "ValidationException");
    call(&events, "DeleteRule", json!({ "Name": "r", "EventBusName": "shop" })).await;
    call(&events, "DeleteEventBus", json!({ "Name": "shop" })).await;
    assert_eq!(error_code(&events, "DescribeEventBus", json!({ "Name": "shop" })).await, "ResourceNotFoundException");
    assert_eq!(error_code(&events, "DeleteEventBus", json!({ "Name": "default" })).await, "ValidationException");
}
