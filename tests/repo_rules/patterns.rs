//! Every rule wakes its function for one message, for every published sample of it, and for no other by accident.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use causeway_local::pattern::{Event, Pattern};
use serde_json::{Value, json};
use xtask::{repo, template};

use super::{
    nothing_wrong,
    page::{self, planted_at},
};

#[test]
fn every_rule_hears_all_samples_of_its_message_and_nothing_else() {
    let samples = samples(&repo::root());
    assert!(samples.len() > 30, "only {} messages have samples", samples.len());
    nothing_wrong(problems(&page::stack(&repo::root()), &samples));
}

#[test]
fn a_rule_that_hears_too_much_or_too_little_is_seen() {
    let (stack, samples) = (page::stack(&repo::root()), samples(&repo::root()));
    let pattern = "/Resources/OrderOnOrderPlaced/Properties/Events/OrderPlaced/Properties/Pattern";
    for (planted, wanted) in [
        (json!({ "detail-type": ["OrderPlaced", "OrderConfirmed"] }), "one message"),
        (json!({ "detail-type": [{ "prefix": "Order" }] }), "one message"),
        (json!({ "source": ["causeway.order"] }), "one message"),
        (json!({ "source": ["causeway.cart"], "detail-type": ["OrderPlaced"] }), "does not hear"),
        (
            json!({ "source": ["causeway.order"], "detail-type": ["OrderPlaced"], "detail": { "eventVersion": [2] } }),
            "does not hear",
        ),
        (json!({ "detail-type": ["OrderLost"] }), "no sample"),
        (json!({ "detail-type": "OrderPlaced" }), "is no pattern"),
        (json!({ "source": [{ "prefix": "" }], "detail-type": ["OrderPlaced"] }), "another's mouth"),
    ] {
        let problems = problems(&planted_at(&stack, pattern, planted.clone()), &samples).join("\n");
        assert!(problems.contains(wanted), "{planted}: {problems}");
    }
}

/// The published samples by message, as the bus delivers them.
fn samples(root: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut samples = BTreeMap::<String, Vec<Value>>::new();
    for path in repo::files(root, "events").unwrap() {
        if !path.ends_with(".json") || path.ends_with(".schema.json") {
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
    let hears = |event: &Value| Event::parse(&event.to_string()).is_ok_and(|event| read.matches(&event));
    let named = pattern["detail-type"].as_array().filter(|types| types.len() == 1).and_then(|types| types[0].as_str());
    let message = named.ok_or_else(|| format!("{pattern} must name one message: detail-type: [OrderPlaced]"))?;
    let own = samples.get(message).ok_or_else(|| format!("there is no sample of {message} in events/"))?;
    if !own.iter().all(hears) {
        return Err(format!("{pattern} does not hear every sample of {message} in events/"));
    }
    let others = samples.iter().filter(|(other, _)| *other != message);
    let heard: BTreeSet<_> = others.filter(|(_, all)| all.iter().any(hears)).map(|(other, _)| other).collect();
    if !heard.is_empty() {
        return Err(format!("{pattern} hears {heard:?} as well"));
    }
    // A fact is its owner's; a wish may come from anyone.
    let is_fact = own.iter().all(|event| event["source"].as_str().is_some_and(|from| from.starts_with("causeway.")));
    let elsewhere = own.iter().map(|event| planted_at(event, "/source", json!("shop.web")));
    if is_fact && elsewhere.clone().any(|event| hears(&event)) {
        return Err(format!("{pattern} hears {message} from another's mouth; name its source"));
    }
    if !is_fact && !elsewhere.clone().all(|event| hears(&event)) {
        return Err(format!("{pattern} does not hear {message} from everyone"));
    }
    Ok(())
}
