//! The pattern of every rule matches all published samples of one message, and of no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use causeway_local::pattern::{Event, Pattern};
use serde_json::{Value, json};
use xtask::{asyncapi, openapi, repo, template};

use super::{
    assert_none,
    template::{planted_at, template_of},
};

/// The source of technical events.
const SYSTEM: &str = "causeway.system";

#[test]
fn every_rule_matches_all_samples_of_its_message_and_no_others() {
    let samples = samples(&repo::root());
    assert!(samples.len() > 30, "only {} messages have samples", samples.len());
    assert_none(problems(&template_of(&repo::root()), &samples));
}

#[test]
fn no_rule_matches_a_technical_event_so_that_none_wakes_a_function() {
    let samples = samples(&repo::root());
    let technical: BTreeMap<_, _> = samples.iter().filter(|(_, events)| events[0]["source"] == SYSTEM).collect();
    let names: Vec<_> = technical.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["CommandRejected", "ErrorOccurred", "ServiceStarted"]);
    assert_none(awoken(&template_of(&repo::root()), &samples));
    let pattern = "/Resources/OrderOnOrderPlaced/Properties/Events/OrderPlaced/Properties/Pattern";
    for planted in [
        json!({ "source": ["causeway.system"], "detail-type": ["ErrorOccurred"] }),
        json!({ "source": ["causeway.system"] }),
        json!({ "detail-type": ["ServiceStarted"] }),
        json!({ "source": [{ "prefix": "causeway." }] }),
    ] {
        let stack = planted_at(&template_of(&repo::root()), pattern, planted.clone());
        assert_ne!(awoken(&stack, &samples), Vec::<String>::new(), "{planted}");
    }
}

#[test]
fn a_rule_that_matches_too_much_or_too_little_is_reported() {
    let (stack, samples) = (template_of(&repo::root()), samples(&repo::root()));
    let pattern = "/Resources/OrderOnOrderPlaced/Properties/Events/OrderPlaced/Properties/Pattern";
    for (planted, expected) in [
        (json!({ "detail-type": ["OrderPlaced", "OrderConfirmed"] }), "one message"),
        (json!({ "detail-type": [{ "prefix": "Order" }] }), "one message"),
        (json!({ "source": ["causeway.order"] }), "one message"),
        (json!({ "source": ["causeway.cart"], "detail-type": ["OrderPlaced"] }), "does not match"),
        (
            json!({ "source": ["causeway.order"], "detail-type": ["OrderPlaced"], "detail": { "eventVersion": [2] } }),
            "does not match",
        ),
        (json!({ "detail-type": ["OrderLost"] }), "no sample"),
        (json!({ "detail-type": "OrderPlaced" }), "is no pattern"),
        (json!({ "source": [{ "prefix": "" }], "detail-type": ["OrderPlaced"] }), "another source"),
    ] {
        let problems = problems(&planted_at(&stack, pattern, planted.clone()), &samples).join("\n");
        assert!(problems.contains(expected), "{planted}: {problems}");
    }
}

/// The published samples by message, as the bus delivers them.
fn samples(root: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut samples = BTreeMap::<String, Vec<Value>>::new();
    for path in repo::files(root, "events").unwrap() {
        let is_description = [openapi::FILE, asyncapi::FILE].contains(&path.as_str());
        if !path.ends_with(".json") || path.ends_with(".schema.json") || is_description {
            continue;
        }
        let entries: Value = serde_json::from_str(&repo::read(root, &path).unwrap()).unwrap();
        for entry in entries.as_array().unwrap() {
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            let message = entry["DetailType"].as_str().unwrap().to_owned();
            let event = json!({
                "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "account": "111122223333",
                "region": "eu-central-1", "time": "2026-11-21T10:30:00Z", "resources": entry["Resources"],
                "source": entry["Source"], "detail-type": message, "detail": detail,
            });
            samples.entry(message).or_default().push(event);
        }
    }
    samples
}

/// The rules, whether in the template or planted, that match a technical event.
fn awoken(stack: &Value, samples: &BTreeMap<String, Vec<Value>>) -> Vec<String> {
    let technical: Vec<&Value> = samples.values().flatten().filter(|event| event["source"] == SYSTEM).collect();
    let mut awoken = Vec::new();
    for (id, function) in template::resources(stack, "AWS::Serverless::Function") {
        for (name, rule) in function["Properties"]["Events"].as_object().into_iter().flatten() {
            let pattern = rule["Properties"]["Pattern"].to_string();
            let matches = |event: &&Value| {
                let event = Event::parse(&event.to_string());
                Pattern::parse(&pattern).is_ok_and(|pattern| event.is_ok_and(|event| pattern.matches(&event)))
            };
            awoken.extend(technical.iter().copied().find(matches).map(|_| format!("{id}, {name} wakes a function")));
        }
    }
    awoken
}

fn problems(stack: &Value, samples: &BTreeMap<String, Vec<Value>>) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, function) in template::resources(stack, "AWS::Serverless::Function") {
        for (name, rule) in function["Properties"]["Events"].as_object().into_iter().flatten() {
            if rule["Type"] == "EventBridgeRule" {
                let problem = of_rule(&rule["Properties"]["Pattern"], samples).err();
                problems.extend(problem.map(|problem| format!("{}: {id}, {name}: {problem}", repo::TEMPLATE)));
            }
        }
    }
    for (id, _) in template::resources(stack, "AWS::Events::Rule") {
        problems.push(format!("{}: {id}: a rule belongs to its function; write it among its Events", repo::TEMPLATE));
    }
    problems
}

fn of_rule(pattern: &Value, samples: &BTreeMap<String, Vec<Value>>) -> Result<(), String> {
    let read = Pattern::parse(&pattern.to_string()).map_err(|error| format!("{pattern} is no pattern: {error}"))?;
    let matches = |event: &Value| Event::parse(&event.to_string()).is_ok_and(|event| read.matches(&event));
    let named = pattern["detail-type"].as_array().filter(|types| types.len() == 1).and_then(|types| types[0].as_str());
    let message = named.ok_or_else(|| format!("{pattern} must name one message: detail-type: [OrderPlaced]"))?;
    let own = samples.get(message).ok_or_else(|| format!("there is no sample of {message} in events/"))?;
    if !own.iter().all(matches) {
        return Err(format!("{pattern} does not match every sample of {message} in events/"));
    }
    let others = samples.iter().filter(|(other, _)| *other != message);
    let matched: BTreeSet<_> = others.filter(|(_, all)| all.iter().any(matches)).map(|(other, _)| other).collect();
    if !matched.is_empty() {
        return Err(format!("{pattern} also matches {matched:?}"));
    }
    // An event comes from its owner, a command from anyone.
    let is_event = own.iter().all(|event| event["source"].as_str().is_some_and(|from| from.starts_with("causeway.")));
    let elsewhere = own.iter().map(|event| planted_at(event, "/source", json!("shop.web")));
    if is_event && elsewhere.clone().any(|event| matches(&event)) {
        return Err(format!("{pattern} matches {message} from another source; name its source"));
    }
    if !is_event && !elsewhere.clone().all(|event| matches(&event)) {
        return Err(format!("{pattern} does not match {message} from every source"));
    }
    Ok(())
}
