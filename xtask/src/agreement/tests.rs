//! A comparison is worth what it finds: whatever is changed in one of two equal readings is named.

use serde_json::{Value, json};

use super::{Values, counts, differences, expansion::understood};

/// As the translator writes: everything long, nothing defaulted.
fn expansion() -> Value {
    let letters = json!({ "Fn::GetAtt": ["Letters", "Arn"] });
    json!({
        "Parameters": { "Stage": { "Default": "test" } },
        "Conditions": { "Prod": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] }, "Rest": { "Fn::Not": [{ "Condition": "Prod" }] } },
        "Resources": {
            "Bus": { "Type": "AWS::Events::EventBus" },
            "Letters": { "Type": "AWS::SQS::Queue", "Properties": { "MessageRetentionPeriod": "1209600" } },
            "Greet": { "Type": "AWS::Lambda::Function", "Properties": {
                "Timeout": { "Fn::If": ["Prod", 60, 30] },
                "Environment": { "Variables": { "BUS": { "Ref": "Bus" }, "STAGE": { "Ref": "Stage" }, "ACCOUNT": { "Ref": "AWS::AccountId" } } },
            } },
            "GreetInvokes": { "Type": "AWS::Lambda::EventInvokeConfig", "Properties": {
                "FunctionName": { "Ref": "Greet" }, "DestinationConfig": { "OnFailure": { "Destination": letters } },
            } },
            "GreetHello": { "Type": "AWS::Events::Rule", "Properties": {
                "EventBusName": { "Ref": "Bus" }, "EventPattern": { "detail-type": ["Hello"] },
                "Targets": [{
                    "Arn": { "Fn::GetAtt": ["Greet", "Arn"] }, "Id": "Greet", "DeadLetterConfig": { "Arn": letters },
                    "RetryPolicy": { "MaximumRetryAttempts": 7 }, "InputPath": "$.detail",
                }],
            } },
            "Nightly": { "Type": "AWS::Events::Rule", "Condition": "Rest", "Properties": { "ScheduleExpression": "rate(1 day)" } },
            "Feed": { "Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": { "Ref": "Greet" }, "EventSourceArn": { "Fn::GetAtt": ["Log", "StreamArn"] },
                "StartingPosition": "LATEST", "MaximumRetryAttempts": -1, "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "FilterCriteria": { "Filters": [{ "Pattern": "{\"eventName\":[\"INSERT\"]}" }] },
            } },
            "Log": { "Type": "AWS::DynamoDB::Table", "Properties": {
                "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
                "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
                "TimeToLiveSpecification": { "AttributeName": "expires", "Enabled": "true" },
            } },
        },
    })
}

fn at(stage: &str) -> Values {
    [("Stage".to_owned(), stage.to_owned())].into()
}

/// Every value that is not itself a list or a map, by its place.
fn leaves(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(name, value)| leaves(value, format!("{place}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, value)| leaves(value, format!("{place}/{number}"), found));
        }
        _ => found.push(place),
    }
}

#[test]
fn intrinsics_and_defaults_are_written_out() {
    let read = understood(&expansion(), &Values::new());
    assert_eq!(read["functions"]["Greet"]["timeout"], 30);
    assert_eq!(
        read["functions"]["Greet"]["environment"],
        json!({ "ACCOUNT": "000000000000", "BUS": "Bus", "STAGE": "test" })
    );
    assert_eq!(read["functions"]["Greet"]["on_failure"], "Letters.Arn");
    let target = json!({
        "arn": "Greet.Arn", "input": { "path": "$.detail" }, "dead_letters": "Letters.Arn", "attempts": 7,
        "age": 86_400, "group": null,
    });
    assert_eq!(read["rules"]["GreetHello"]["targets"], json!([target]));
    assert_eq!(read["rules"]["Nightly"]["bus"], "default");
    assert_eq!(read["mappings"]["Feed"]["retries"], Value::Null);
    assert_eq!(read["mappings"]["Feed"]["filters"], json!([{ "eventName": ["INSERT"] }]));
    assert_eq!(read["tables"]["Log"]["expiry"], "expires");
}

#[test]
fn what_stands_under_a_condition_is_there_when_it_holds() {
    let read = understood(&expansion(), &at("prod"));
    assert_eq!(read["rules"]["Nightly"], Value::Null);
    assert_eq!(read["functions"]["Greet"]["timeout"], 60);
    assert_eq!(
        counts(&expansion(), &at("prod")),
        "0 archives, 1 buses, 1 functions, 1 mappings, 1 queues, 1 rules, 0 schedules, 1 tables"
    );
}

#[test]
fn two_equal_readings_have_no_difference_however_a_number_is_spelled() {
    let mut ours = understood(&expansion(), &Values::new());
    ours["queues"]["Letters"]["retention"] = json!(1_209_600);
    assert_eq!(differences(&expansion(), &Values::new(), &ours), [""; 0]);
}

#[test]
fn every_single_value_that_differs_is_named() {
    let ours = understood(&expansion(), &Values::new());
    let mut places = Vec::new();
    leaves(&ours, String::new(), &mut places);
    assert!(places.len() > 50, "{places:?}");
    for place in places {
        let mut ours = ours.clone();
        *ours.pointer_mut(&place).unwrap() = json!("planted");
        let found = differences(&expansion(), &Values::new(), &ours);
        assert!(matches!(found.as_slice(), [one] if one.ends_with("our reader \"planted\"")), "{place}: {found:?}");
    }
}

#[test]
fn a_resource_too_few_or_too_many_is_named() {
    let mut ours = understood(&expansion(), &Values::new());
    let rule = ours["rules"].as_object_mut().unwrap().remove("Nightly").unwrap();
    ours["rules"]["Daily"] = rule;
    ours["rules"]["GreetHello"]["targets"] = json!([]);
    let found = differences(&expansion(), &Values::new(), &ours);
    let places: Vec<_> = found.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(places, ["rules.Daily", "rules.GreetHello.targets", "rules.Nightly"]);
}
