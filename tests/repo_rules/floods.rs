//! Where a flood could hurt it is held back: outside parties, scans of whole views, the order of the log; and there
//! is no door to a function but the bus and the log.

use serde_json::{Value, json};
use xtask::{repo, template};

use super::{
    nothing_wrong,
    page::{self, planted_at},
};

#[test]
fn a_flood_reaches_nobody_outside_and_there_is_no_open_door() {
    nothing_wrong(problems(&page::stack(&repo::root())));
}

#[test]
fn a_missing_limit_and_an_open_door_are_seen() {
    let stack = page::stack(&repo::root());
    let mail = "/Resources/NotificationOnOrderConfirmed/Properties";
    let relay = "/Resources/Relay/Properties";
    let heard = json!({ "Type": "SQS", "Properties": { "Queue": { "Fn::GetAtt": ["OrderDeadLetters", "Arn"] } } });
    for (pointer, planted, wanted) in [
        (format!("{mail}/ReservedConcurrentExecutions"), Value::Null, "NotificationOnOrderConfirmed"),
        (format!("{mail}/ReservedConcurrentExecutions"), json!(1_000), "NotificationOnOrderConfirmed"),
        (
            "/Resources/StockReportOnStockReportDue/Properties/ReservedConcurrentExecutions".to_owned(),
            Value::Null,
            "StockReport",
        ),
        (format!("{relay}/Events/Commits/Properties/ParallelizationFactor"), json!(10), "ParallelizationFactor"),
        (format!("{mail}/Events/Waiting"), heard, "MaximumConcurrency"),
        (format!("{mail}/Events/Web"), json!({ "Type": "HttpApi" }), "HttpApi"),
        (format!("{mail}/FunctionUrlConfig"), json!({ "AuthType": "NONE" }), "FunctionUrlConfig"),
        ("/Globals/Function/FunctionUrlConfig".to_owned(), json!({ "AuthType": "NONE" }), "FunctionUrlConfig"),
        (
            "/Resources/Door".to_owned(),
            json!({ "Type": "AWS::Lambda::Url", "Properties": { "AuthType": "NONE" } }),
            "Door",
        ),
        (
            "/Resources/Anyone".to_owned(),
            json!({ "Type": "AWS::Lambda::Permission", "Properties": { "Principal": "*" } }),
            "Anyone",
        ),
    ] {
        let problems = problems(&planted_at(&stack, &pointer, planted)).join("\n");
        assert!(problems.contains(wanted), "{pointer}: {problems}");
    }
    let signed = planted_at(&stack, &format!("{mail}/FunctionUrlConfig"), json!({ "AuthType": "AWS_IAM" }));
    assert_eq!(problems(&signed), Vec::<String>::new(), "who signs may come in");
}

fn problems(stack: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let global = [("Globals", &stack["Globals"]["Function"])];
    let functions = template::resources(stack, "AWS::Serverless::Function").map(|(id, it)| (id, &it["Properties"]));
    for (id, properties) in global.into_iter().chain(functions) {
        let url = &properties["FunctionUrlConfig"];
        if !url.is_null() && url["AuthType"] != "AWS_IAM" {
            problems.push(format!("{id}: FunctionUrlConfig must have AuthType: AWS_IAM"));
        }
        let events = || properties["Events"].as_object().into_iter().flatten();
        let timed = events().any(|(_, event)| event["Type"] == "Schedule");
        let mails = !properties["Environment"]["Variables"]["MAIL_FROM"].is_null();
        if (timed || mails) && !is_limited_in_prod(&properties["ReservedConcurrentExecutions"]) {
            problems.push(format!(
                "{id} sends mail or reads whole views; it must have\n      ReservedConcurrentExecutions: !If [IsProtected, 5, !Ref AWS::NoValue]"
            ));
        }
        for (name, event) in events() {
            let mapping = &event["Properties"];
            match event["Type"].as_str().unwrap_or_default() {
                "EventBridgeRule" | "Schedule" => {}
                "DynamoDB" if mapping["ParallelizationFactor"].is_null() || mapping["ParallelizationFactor"] == 1 => {}
                "DynamoDB" => {
                    problems.push(format!("{id}, {name}: ParallelizationFactor must be 1; more breaks order"))
                }
                "SQS" if mapping["ScalingConfig"]["MaximumConcurrency"].is_u64() => {}
                "SQS" => problems.push(format!("{id}, {name}: ScalingConfig must have a MaximumConcurrency")),
                kind => problems.push(format!("{id}, {name}: {kind} is a door that nobody guards")),
            }
        }
    }
    for (id, it) in
        template::resources(stack, "AWS::Lambda::Url").filter(|(_, it)| it["Properties"]["AuthType"] != "AWS_IAM")
    {
        problems.push(format!("{id} must have AuthType: AWS_IAM, and has {}", it["Properties"]["AuthType"]));
    }
    for (id, _) in template::resources(stack, "AWS::Lambda::Permission") {
        problems.push(format!("{id}: who may call a function is what SAM writes for its events; take this away"));
    }
    problems
}

/// At most ten at once in prod; elsewhere an account may have no room to set some aside.
fn is_limited_in_prod(reserved: &Value) -> bool {
    let limit = reserved["Fn::If"].as_array().and_then(|chosen| chosen.get(1)?.as_u64());
    reserved["Fn::If"][0] == "IsProtected" && limit.is_some_and(|limit| (1..=10).contains(&limit))
}
