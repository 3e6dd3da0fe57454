//! The API calls about buses, rules and targets, with their errors.

use serde_json::{Value, json};

use crate::events::EventBridge;

use super::fixture::{FUNCTION, QUEUE, call, create_rule, service};

async fn error_code(events: &EventBridge, operation: &str, body: Value) -> String {
    events.handle(operation, body).await.unwrap_err().code
}

#[tokio::test]
async fn put_rule_replaces_all_fields_and_keeps_the_targets() {
    let (_, _, events) = service();
    let first = json!({
        "Name": "report", "ScheduleExpression": "rate(1 hour)", "Description": "every hour", "State": "DISABLED",
    });
    let answer = call(&events, "PutRule", first).await;
    assert_eq!(answer["RuleArn"], "arn:aws:events:eu-central-1:000000000000:rule/report");
    call(&events, "PutTargets", json!({ "Rule": "report", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
    call(&events, "PutRule", json!({ "Name": "report", "EventPattern": r#"{"source": ["shop"]}"# })).await;
    let described = call(&events, "DescribeRule", json!({ "Name": "report" })).await;
    let expected = json!({
        "Name": "report", "Arn": answer["RuleArn"], "State": "ENABLED", "EventBusName": "default",
        "EventPattern": r#"{"source": ["shop"]}"#,
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
        let body = json!({ "NamePrefix": "a-", "Limit": 2, "NextToken": token });
        let page = call(&events, "ListRules", body).await;
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
    let answer = call(&events, "RemoveTargets", json!({ "Rule": "reserve", "Ids": ["f", "g"] })).await;
    assert_eq!((&answer["FailedEntryCount"], &answer["FailedEntries"][0]["TargetId"]), (&json!(1), &json!("g")));
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
    let answer = call(&events, "CreateEventBus", json!({ "Name": "shop" })).await;
    let arn = "arn:aws:events:eu-central-1:000000000000:event-bus/shop";
    assert_eq!(answer["EventBusArn"], arn);
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
