//! Concurrency is limited where load could hurt: e-mails, scans of whole views, the order of the log. Functions have no
//! entry point but the bus, the log, and an HTTP API with an authorizer.

use serde_json::{Value, json};
use xtask::{repo, template};

use super::{
    assert_none,
    template::{assert_reported, planted_at, template_of},
};

#[test]
fn concurrency_is_limited_and_functions_have_no_open_entry_point() {
    assert_none(problems(&template_of(&repo::root())));
}

#[test]
fn a_missing_limit_and_an_open_entry_point_are_reported() {
    let stack = template_of(&repo::root());
    let mail = "/Resources/NotificationOnOrderConfirmed/Properties";
    let relay = "/Resources/Relay/Properties";
    let queue = json!({ "Type": "SQS", "Properties": { "Queue": { "Fn::GetAtt": ["OrderDeadLetters", "Arn"] } } });
    assert_reported(
        &stack,
        [
            (format!("{mail}/ReservedConcurrentExecutions"), Value::Null, "NotificationOnOrderConfirmed"),
            (format!("{mail}/ReservedConcurrentExecutions"), json!(1_000), "NotificationOnOrderConfirmed"),
            (
                "/Resources/StockReportOnStockReportDue/Properties/ReservedConcurrentExecutions".to_owned(),
                Value::Null,
                "StockReport",
            ),
            (format!("{relay}/Events/Commits/Properties/ParallelizationFactor"), json!(10), "ParallelizationFactor"),
            (format!("{mail}/Events/Waiting"), queue, "MaximumConcurrency"),
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
        ],
        problems,
    );
    let signed = planted_at(&stack, &format!("{mail}/FunctionUrlConfig"), json!({ "AuthType": "AWS_IAM" }));
    assert_eq!(problems(&signed), Vec::<String>::new(), "a URL with IAM is permitted");
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
                "HttpApi" if has_authorizer(stack, &mapping["ApiId"]) => {}
                "DynamoDB" if mapping["ParallelizationFactor"].is_null() || mapping["ParallelizationFactor"] == 1 => {}
                "DynamoDB" => {
                    problems.push(format!("{id}, {name}: ParallelizationFactor must be 1; more would break the order"))
                }
                "SQS" if mapping["ScalingConfig"]["MaximumConcurrency"].is_u64() => {}
                "SQS" => problems.push(format!("{id}, {name}: ScalingConfig must have a MaximumConcurrency")),
                kind => problems.push(format!("{id}, {name}: {kind} is an open entry point; deliver through the bus")),
            }
        }
    }
    for (id, it) in
        template::resources(stack, "AWS::Lambda::Url").filter(|(_, it)| it["Properties"]["AuthType"] != "AWS_IAM")
    {
        problems.push(format!("{id} must have AuthType: AWS_IAM, and has {}", it["Properties"]["AuthType"]));
    }
    for (id, _) in template::resources(stack, "AWS::Lambda::Permission") {
        problems.push(format!("{id}: SAM generates the permissions of its events; remove this one"));
    }
    problems
}

/// Whether every route of this API asks for a token.
fn has_authorizer(stack: &Value, api: &Value) -> bool {
    let api = api["Ref"].as_str().map(|id| &stack["Resources"][id]["Properties"]["Auth"]["DefaultAuthorizer"]);
    api.is_some_and(Value::is_string)
}

/// At most ten at once in prod; other accounts may have too little concurrency to reserve some.
fn is_limited_in_prod(reserved: &Value) -> bool {
    let limit = reserved["Fn::If"].as_array().and_then(|chosen| chosen.get(1)?.as_u64());
    reserved["Fn::If"][0] == "IsProtected" && limit.is_some_and(|limit| (1..=10).contains(&limit))
}
