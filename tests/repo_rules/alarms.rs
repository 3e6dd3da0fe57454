//! Every failure has an alarm: each alarm watches an existing resource and notifies the one topic, the dashboard is valid
//! JSON, and what `samconfig.toml` passes to the template is one of its parameters.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::{permissions::spelled, repo, template};

use super::{
    assert_none,
    template::{assert_reported, template_of},
};

#[test]
fn every_failure_has_an_alarm_and_the_dashboard_is_valid() {
    assert_none(problems(&template_of(&repo::root())));
}

#[test]
fn a_missing_alarm_and_an_invalid_dashboard_are_reported() {
    let stack = template_of(&repo::root());
    let dashboard = |text: &str| json!({ "Fn::Sub": text });
    assert_reported(
        &stack,
        [
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
            ("/Resources/Dashboard/Properties/DashboardBody", dashboard("{ \"widgets\": [ }"), "is not JSON"),
            ("/Resources/Dashboard/Properties/DashboardBody", dashboard("{ \"widgets\": [\"${Ordres}\"] }"), "Ordres"),
            ("/Parameters/LogDays/Description", Value::Null, "LogDays"),
            ("/Parameters/LogDays/Default", Value::Null, "LogDays"),
        ],
        problems,
    );
}

#[test]
fn every_stage_of_samconfig_passes_parameters_of_the_template() {
    let stack = template_of(&repo::root());
    let text = repo::read(&repo::root(), "samconfig.toml").unwrap();
    let passed = text.lines().filter_map(|line| line.strip_prefix("parameter_overrides = ")).collect::<Vec<_>>();
    assert!(passed.len() >= 3, "each stage passes its parameters: {passed:?}");
    for pair in passed.iter().flat_map(|line| line.trim_matches('"').split(' ')) {
        let (name, value) = pair.split_once('=').unwrap();
        let parameter = &stack["Parameters"][name];
        let fits = match &parameter["AllowedValues"] {
            Value::Array(allowed) => allowed.iter().any(|one| spelled(one) == value),
            _ => parameter["Type"] == "Number" && value.parse::<u64>().is_ok(),
        };
        assert!(fits, "samconfig.toml passes {pair}; the template has {name}: {parameter}");
    }
}

fn problems(stack: &Value) -> Vec<String> {
    let actions = json!({ "Fn::If": ["HasAlarmMail", [{ "Ref": "AlarmTopic" }], { "Ref": "AWS::NoValue" }] });
    let mut problems = Vec::new();
    let alarms: Vec<_> = template::resources(stack, "AWS::CloudWatch::Alarm").collect();
    for (id, alarm) in &alarms {
        let properties = &alarm["Properties"];
        if properties["AlarmActions"] != actions {
            problems.push(format!("{id} must have AlarmActions: {actions}"));
        }
        if properties["AlarmDescription"].is_null() || properties["TreatMissingData"] != "notBreaching" {
            problems.push(format!("{id} must have an AlarmDescription and TreatMissingData: notBreaching"));
        }
        for dimension in properties["Dimensions"].as_array().into_iter().flatten() {
            problems.extend(
                unknown(stack, &dimension["Value"]).map(|name| format!("{id} watches {name}, which does not exist")),
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
        problems.push(format!("AlarmTopic must exist if HasAlarmMail, with Subscription: {subscription}"));
    }
    problems.extend(dashboard(stack));
    for (name, parameter) in stack["Parameters"].as_object().into_iter().flatten() {
        if !parameter["Description"].is_string() || parameter["Default"].is_null() {
            problems.push(format!("the parameter {name} must have a Description, and a Default with which it deploys"));
        }
    }
    problems
}

fn dashboard(stack: &Value) -> Vec<String> {
    let text = stack["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
    let (mut problems, mut filled) = (Vec::new(), text.to_owned());
    let names: BTreeSet<_> = text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    for name in names {
        filled = filled.replace(&format!("${{{name}}}"), "x");
        let id = name.split('.').next().unwrap_or_default();
        problems.extend(
            unknown(stack, &json!({ "Ref": id })).map(|name| format!("Dashboard shows {name}, which does not exist")),
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
