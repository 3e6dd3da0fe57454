//! What goes wrong is told: each alarm looks at something that is there and tells the one topic, the board is JSON
//! that CloudWatch takes, and what `samconfig.toml` gives the template has a parameter.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::{permissions::spelled, repo, template};

use super::{
    nothing_wrong,
    page::{self, planted_at},
};

#[test]
fn whatever_goes_wrong_is_told_and_shown() {
    nothing_wrong(problems(&page::stack(&repo::root())));
}

#[test]
fn a_silent_alarm_and_a_broken_board_are_seen() {
    let stack = page::stack(&repo::root());
    let board = |text: &str| json!({ "Fn::Sub": text });
    for (pointer, planted, wanted) in [
        ("/Resources/RelayLagAlarm/Properties/AlarmActions", Value::Null, "RelayLagAlarm must have AlarmActions"),
        ("/Resources/RelayLagAlarm/Properties/MetricName", json!("Duration"), "IteratorAge of Relay"),
        ("/Resources/RelayLagAlarm/Properties/Dimensions/0/Value/Ref", json!("Relais"), "Relais"),
        ("/Resources/ThrottleAlarm/Properties/Metrics", json!([]), "Throttles"),
        ("/Resources/DeliveryFailureAlarm/Properties/Metrics", json!([]), "FailedInvocations"),
        ("/Resources/DeadLettersLostAlarm/Properties/Metrics", json!([]), "InvocationsFailedToBeSentToDlq"),
        ("/Resources/FailureRecordsLostAlarm/Properties/Metrics", json!([]), "DestinationDeliveryFailures"),
        (
            "/Resources/FulfilmentDeadlineAlarm/Properties/MetricName",
            json!("Duration"),
            "FulfilmentOnFulfilmentDeadlinePassed",
        ),
        ("/Resources/AlarmTopic/Properties/Subscription", json!([]), "AlarmTopic"),
        ("/Resources/Dashboard/Properties/DashboardBody", board("{ \"widgets\": [ }"), "is not JSON"),
        ("/Resources/Dashboard/Properties/DashboardBody", board("{ \"widgets\": [\"${Ordres}\"] }"), "Ordres"),
        ("/Parameters/LogDays/Description", Value::Null, "LogDays"),
        ("/Parameters/LogDays/Default", Value::Null, "LogDays"),
    ] {
        let problems = problems(&planted_at(&stack, pointer, planted)).join("\n");
        assert!(problems.contains(wanted), "{pointer}: {problems}");
    }
}

#[test]
fn every_stage_of_samconfig_gives_parameters_that_the_template_has() {
    let stack = page::stack(&repo::root());
    let text = repo::read(&repo::root(), "samconfig.toml").unwrap();
    let given = text.lines().filter_map(|line| line.strip_prefix("parameter_overrides = ")).collect::<Vec<_>>();
    assert!(given.len() >= 3, "each stage gives its parameters: {given:?}");
    for pair in given.iter().flat_map(|line| line.trim_matches('"').split(' ')) {
        let (name, value) = pair.split_once('=').unwrap();
        let parameter = &stack["Parameters"][name];
        let fits = match &parameter["AllowedValues"] {
            Value::Array(allowed) => allowed.iter().any(|one| spelled(one) == value),
            _ => parameter["Type"] == "Number" && value.parse::<u64>().is_ok(),
        };
        assert!(fits, "samconfig.toml gives {pair}; the template has {name}: {parameter}");
    }
}

fn problems(stack: &Value) -> Vec<String> {
    let told = json!({ "Fn::If": ["HasAlarmMail", [{ "Ref": "AlarmTopic" }], { "Ref": "AWS::NoValue" }] });
    let mut problems = Vec::new();
    let alarms: Vec<_> = template::resources(stack, "AWS::CloudWatch::Alarm").collect();
    for (id, alarm) in &alarms {
        let properties = &alarm["Properties"];
        if properties["AlarmActions"] != told {
            problems.push(format!("{id} must have AlarmActions: {told}"));
        }
        if properties["AlarmDescription"].is_null() || properties["TreatMissingData"] != "notBreaching" {
            problems.push(format!("{id} must say what is wrong, and that no data is no alarm"));
        }
        for dimension in properties["Dimensions"].as_array().into_iter().flatten() {
            problems.extend(
                unknown(stack, &dimension["Value"]).map(|name| format!("{id} looks at {name}, which is not there")),
            );
        }
    }
    for (metric, of) in [
        ("IteratorAge", "Relay"),
        ("Invocations", "FulfilmentOnFulfilmentDeadlinePassed"),
        ("Invocations", "FulfilmentOnFulfilmentNeedsOperator"),
    ] {
        let watched = alarms.iter().any(|(_, alarm)| {
            alarm["Properties"]["MetricName"] == metric && alarm["Properties"]["Dimensions"][0]["Value"]["Ref"] == of
        });
        if !watched {
            problems.push(format!("there must be an alarm on {metric} of {of}"));
        }
    }
    for metric in ["FailedInvocations", "InvocationsFailedToBeSentToDlq", "DestinationDeliveryFailures", "Throttles"] {
        if !alarms
            .iter()
            .any(|(_, alarm)| alarm["Properties"]["Metrics"].to_string().contains(&format!("SUM({metric})")))
        {
            problems.push(format!("there must be an alarm on the sum of {metric}"));
        }
    }
    let subscription = json!([{ "Protocol": "email", "Endpoint": { "Ref": "AlarmMail" } }]);
    let topic = &stack["Resources"]["AlarmTopic"];
    if topic["Properties"]["Subscription"] != subscription || topic["Condition"] != "HasAlarmMail" {
        problems.push(format!("AlarmTopic must be there when HasAlarmMail, with Subscription: {subscription}"));
    }
    problems.extend(board(stack));
    for (name, parameter) in stack["Parameters"].as_object().into_iter().flatten() {
        if !parameter["Description"].is_string() || parameter["Default"].is_null() {
            problems.push(format!("the parameter {name} must have a Description, and a Default with which it deploys"));
        }
    }
    problems
}

fn board(stack: &Value) -> Vec<String> {
    let text = stack["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
    let (mut problems, mut filled) = (Vec::new(), text.to_owned());
    let names: BTreeSet<_> = text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    for name in names {
        filled = filled.replace(&format!("${{{name}}}"), "x");
        let id = name.split('.').next().unwrap_or_default();
        problems.extend(
            unknown(stack, &json!({ "Ref": id })).map(|name| format!("Dashboard shows {name}, which is not there")),
        );
    }
    match serde_json::from_str::<Value>(&filled) {
        Ok(body) if body["widgets"].as_array().is_some_and(|widgets| !widgets.is_empty()) => {}
        Ok(_) => problems.push("Dashboard has no widgets".to_owned()),
        Err(error) => problems.push(format!("Dashboard is not JSON: {error}")),
    }
    problems
}

/// The name in a `Ref` or `GetAtt` that is no resource of the template.
fn unknown(stack: &Value, value: &Value) -> Option<String> {
    let id = value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())?;
    (!id.starts_with("AWS::") && stack["Resources"].get(id).is_none()).then(|| id.to_owned())
}
