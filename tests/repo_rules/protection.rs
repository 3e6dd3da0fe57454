//! Every function has retries, dead letters and a timeout; every queue, table and event source mapping is protected.

use causeway::{Route, delivery::inbox::LEASE};
use serde_json::{Value, json};
use xtask::{repo, template};

use super::{
    assert_none,
    template::{assert_reported, template_of},
};

#[test]
fn every_function_queue_table_and_mapping_is_protected() {
    assert_none(problems(&template_of(&repo::root()), &functions::routes()));
}

#[test]
fn the_timeout_of_a_function_is_below_the_lease_of_a_claim() {
    let stack = template_of(&repo::root());
    let timeout = stack["Globals"]["Function"]["Timeout"].as_i64().unwrap();
    assert!(timeout < LEASE.as_secs(), "Timeout {timeout} must be below the lease of {LEASE}");
    for (id, function) in template::resources(&stack, "AWS::Serverless::Function") {
        assert_eq!(function["Properties"].get("Timeout"), None, "{id} has the timeout of Globals");
    }
}

#[test]
fn the_stock_report_is_scheduled_every_day() {
    let stack = template_of(&repo::root());
    let events = &stack["Resources"]["StockReportOnStockReportDue"]["Properties"]["Events"];
    let daily = events.as_object().unwrap().values().filter(|event| event["Type"] == "Schedule");
    let schedules: Vec<_> = daily.map(|event| event["Properties"]["Schedule"].as_str().unwrap()).collect();
    assert_eq!(schedules, ["cron(0 6 * * ? *)"]);
}

#[test]
fn a_missing_protection_is_reported() {
    let (stack, routes) = (template_of(&repo::root()), functions::routes());
    let order = "/Resources/OrderOnPlaceOrder/Properties";
    let commits = "/Resources/Relay/Properties/Events/Commits/Properties";
    assert_reported(
        &stack,
        [
            (
                "/Globals/Function/EventInvokeConfig/MaximumRetryAttempts".to_owned(),
                json!(0),
                "Globals: EventInvokeConfig",
            ),
            ("/Globals/Function/Timeout".to_owned(), Value::Null, "Globals: Timeout"),
            (format!("{order}/EventInvokeConfig"), Value::Null, "OrderOnPlaceOrder must have"),
            (
                format!("{order}/Environment/Variables/DEAD_LETTER_QUEUE_URL"),
                json!({"Ref": "RelayDeadLetters"}),
                "QUEUE_URL",
            ),
            (format!("{order}/Events/PlaceOrder/Properties/DeadLetterConfig"), Value::Null, "DeadLetterConfig"),
            (format!("{order}/Events/PlaceOrder/Properties/RetryPolicy"), Value::Null, "explicit RetryPolicy"),
            (format!("{order}/Events"), json!({}), "no event that invokes it"),
            (format!("{commits}/FunctionResponseTypes"), json!([]), "ReportBatchItemFailures"),
            (format!("{commits}/BisectBatchOnFunctionError"), json!(false), "BisectBatchOnFunctionError"),
            (format!("{commits}/MaximumRetryAttempts"), json!(-1), "MaximumRetryAttempts and"),
            (format!("{commits}/MaximumRecordAgeInSeconds"), json!(86_400), "below 24 hours"),
            (format!("{commits}/DestinationConfig"), Value::Null, "event Commits"),
            (
                "/Resources/OrderDeadLettersPolicy/Properties/PolicyDocument/Statement/0/Condition".to_owned(),
                Value::Null,
                "our own rules only",
            ),
            (
                "/Resources/OrderDeadLetterAlarm/Properties/Dimensions".to_owned(),
                json!([]),
                "OrderDeadLetters must have an alarm",
            ),
            ("/Resources/Events/Properties/DeletionProtectionEnabled".to_owned(), json!(false), "Events must be"),
            ("/Resources/Events/Properties/PointInTimeRecoverySpecification".to_owned(), Value::Null, "Events must be"),
            ("/Resources/Events/UpdateReplacePolicy".to_owned(), json!("Delete"), "be retained"),
            ("/Resources/Events/DeletionPolicy".to_owned(), json!("Delete"), "be retained"),
            (
                "/Resources/Inbox/Properties/TimeToLiveSpecification/Enabled".to_owned(),
                json!(false),
                "Inbox must expire",
            ),
        ],
        |stack| problems(stack, &routes),
    );
}

fn problems(stack: &Value, routes: &[Route]) -> Vec<String> {
    let mut problems = shared(stack);
    for route in routes {
        problems.extend(planes(stack, &repo::logical_id(&route.function()), &repo::dead_letters_of(route.context)));
    }
    problems.extend(planes(stack, "Relay", &repo::dead_letters_of("relay")));
    problems.extend(queues(stack));
    problems.extend(tables(stack));
    problems.extend(relay(stack));
    problems.into_iter().map(|problem| format!("{}: {problem}", repo::TEMPLATE)).collect()
}

fn shared(stack: &Value) -> Vec<String> {
    let globals = &stack["Globals"]["Function"];
    let expected = json!({ "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21600 });
    let retries = (globals["EventInvokeConfig"] != expected).then(|| format!("Globals: EventInvokeConfig: {expected}"));
    let timeout = globals["Timeout"].is_null().then(|| "Globals: Timeout: 30".to_owned());
    retries.into_iter().chain(timeout).collect()
}

/// The plane of delivery on each rule, and the plane of failure on the function, into the same queue.
fn planes(stack: &Value, id: &str, letters: &str) -> Vec<String> {
    let properties = &stack["Resources"][id]["Properties"];
    let arn = json!({ "Fn::GetAtt": [letters, "Arn"] });
    let mut problems = Vec::new();
    let on_failure = json!({ "OnFailure": { "Type": "SQS", "Destination": arn } });
    if properties["EventInvokeConfig"]["DestinationConfig"] != on_failure {
        let line = format!(
            "EventInvokeConfig: {{ DestinationConfig: {{ OnFailure: {{ Type: SQS, Destination: !GetAtt {letters}.Arn }} }} }}"
        );
        problems.push(format!("{id} must have\n      {line}"));
    }
    if properties["Environment"]["Variables"]["DEAD_LETTER_QUEUE_URL"] != json!({ "Ref": letters }) {
        problems.push(format!(
            "{id} must have\n      Environment: {{ Variables: {{ DEAD_LETTER_QUEUE_URL: !Ref {letters} }} }}"
        ));
    }
    for (name, event) in properties["Events"].as_object().into_iter().flatten() {
        let rule = &event["Properties"];
        let kind = event["Type"].as_str().unwrap_or_default();
        let complete = match kind {
            "EventBridgeRule" | "Schedule" => {
                rule["DeadLetterConfig"] == json!({ "Arn": arn })
                    && rule["RetryPolicy"] == json!({ "MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400 })
            }
            "DynamoDB" => rule["DestinationConfig"] == on_failure,
            _ => false,
        };
        if !complete {
            problems.push(format!("{id}, event {name} must have DeadLetterConfig: {{ Arn: !GetAtt {letters}.Arn }} and an explicit RetryPolicy"));
        }
    }
    if properties["Events"].as_object().is_none_or(|events| events.is_empty()) {
        problems.push(format!("{id} has no event that invokes it"));
    }
    problems
}

fn queues(stack: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, _) in template::resources(stack, "AWS::SQS::Queue") {
        let statement = &stack["Resources"][format!("{id}Policy")]["Properties"]["PolicyDocument"]["Statement"][0];
        let condition = &statement["Condition"]["ArnLike"]["aws:SourceArn"];
        let allows = statement["Principal"] == json!({ "Service": "events.amazonaws.com" })
            && statement["Action"] == "sqs:SendMessage"
            && statement["Resource"] == json!({ "Fn::GetAtt": [id, "Arn"] });
        if !allows || !condition.to_string().contains(":rule/") {
            problems.push(format!("{id}Policy must let events.amazonaws.com send to {id}, for our own rules only"));
        }
        let watched = template::resources(stack, "AWS::CloudWatch::Alarm").any(|(_, alarm)| {
            alarm["Properties"]["Dimensions"][0]["Value"] == json!({ "Fn::GetAtt": [id, "QueueName"] })
        });
        if !watched {
            problems.push(format!("{id} must have an alarm on ApproximateNumberOfMessagesVisible"));
        }
    }
    problems
}

fn tables(stack: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let guard = json!({ "Fn::If": ["IsProtected", true, false] });
    for (id, table) in template::resources(stack, "AWS::DynamoDB::Table") {
        let properties = &table["Properties"];
        let complete = properties["BillingMode"] == "PAY_PER_REQUEST"
            && properties["DeletionProtectionEnabled"] == guard
            && properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == guard;
        if !complete {
            problems.push(format!("{id} must be PAY_PER_REQUEST, and protected by `!If [IsProtected, true, false]`"));
        }
    }
    let log = &stack["Resources"]["Events"];
    if log["Properties"]["StreamSpecification"]["StreamViewType"] != "NEW_IMAGE"
        || log["UpdateReplacePolicy"] != "Retain"
        || log["DeletionPolicy"] != "RetainExceptOnCreate"
    {
        problems.push("Events must have a stream of NEW_IMAGE and be retained".to_owned());
    }
    let expiry = &stack["Resources"]["Inbox"]["Properties"]["TimeToLiveSpecification"];
    if *expiry != json!({ "AttributeName": "expires", "Enabled": true }) {
        problems.push("Inbox must expire by `expires`".to_owned());
    }
    problems
}

fn relay(stack: &Value) -> Vec<String> {
    let mapping = &stack["Resources"]["Relay"]["Properties"]["Events"]["Commits"]["Properties"];
    let expected = [
        ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
        ("BisectBatchOnFunctionError", json!(true)),
        ("StartingPosition", json!("TRIM_HORIZON")),
        ("MaximumBatchingWindowInSeconds", json!(0)),
    ];
    let missing = expected.into_iter().filter(|(key, value)| mapping[key] != *value);
    let mut problems: Vec<_> = missing.map(|(key, value)| format!("Relay, Commits: {key}: {value}")).collect();
    let capped = |key: &str, most: i64| mapping[key].as_i64().is_some_and(|value| 0 < value && value < most);
    if !capped("MaximumRetryAttempts", 10_001) || !capped("MaximumRecordAgeInSeconds", 86_400) {
        problems.push("Relay, Commits: MaximumRetryAttempts and MaximumRecordAgeInSeconds below 24 hours".to_owned());
    }
    problems
}
