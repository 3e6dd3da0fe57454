//! Every message has a schema and a sample that agree with its type, and every published sample can still be read.

use causeway::{
    App, Delivery, Ports, RawValue, VerificationPolicy, delivery::VerifyEvents, failure::BoxError, memory::Memory,
};
use domain::{Entry, Family};
use serde_json::{Value, value::to_raw_value};
use xtask::{
    catalogue::{self, sample},
    repo,
};

use super::assert_none;

#[test]
fn every_sample_is_valid_and_upcasts_to_the_newest_version() {
    let families = domain::families();
    let mut problems = Vec::new();
    for Entry { description, .. } in domain::catalogue() {
        let (context, name) = (description.context, description.name);
        let declares = |family: &&Family| family.descriptions.iter().any(|message| message.name == name);
        let Some(family) = families.iter().find(declares) else {
            problems.push(format!("{name} is in no family of domain::families(); add its family to its context"));
            continue;
        };
        let newest = validator(context, name, description.version);
        for version in 1..=description.version {
            let body = sample::body(&json(&catalogue::sample_path(context, name, version))).unwrap();
            if let Err(error) = validator(context, name, version).validate(&body) {
                problems.push(format!("{name} v{version}: the sample violates its schema: {error}"));
            }
            match upcast(family, name, version, &body) {
                Ok(read) if newest.is_valid(&read) => {}
                Ok(read) => {
                    problems.push(format!("{name} v{version}: read as {read}, which violates the newest schema"))
                }
                Err(error) => problems.push(format!("{name} v{version}: the sample cannot be read: {error}")),
            }
        }
    }
    assert_none(problems);
}

#[test]
fn a_body_that_violates_its_schema_is_reported() {
    let validator = validator("order", "CancelOrder", 1);
    assert!(!validator.is_valid(&serde_json::json!({ "orderId": "o/1", "reason": "no" })));
    assert!(!validator.is_valid(&serde_json::json!({ "orderId": "o-1" })));
}

#[tokio::test]
async fn every_sample_is_handled_by_the_functions_that_receive_it() {
    let mut problems = Vec::new();
    for route in functions::routes() {
        let newest = domain::catalogue().into_iter().find(|entry| entry.description.name == route.message).unwrap();
        for version in 1..=newest.description.version {
            let entry = json(&catalogue::sample_path(route.owner, route.message, version));
            let delivery = Delivery {
                id: "sample".to_owned(),
                source: entry[0]["Source"].as_str().unwrap().to_owned(),
                account: None,
                detail_type: entry[0]["DetailType"].as_str().unwrap().to_owned(),
                time: "2026-11-21T10:30:00Z".parse().unwrap(),
                detail: RawValue::from_string(entry[0]["Detail"].as_str().unwrap().to_owned()).unwrap(),
                replay_name: None,
            };
            let memory = Memory::new(1);
            // No log holds the samples.
            let verification = VerificationPolicy { account: None, verify_events: VerifyEvents::None };
            let app = App::new(Ports { verification, ..memory.ports() });
            if let Err(failure) = route.handle(&app, &delivery).await {
                problems.push(format!("{} v{version}: {}", route.function(), failure.reason()));
            }
            for letter in memory.dead_letters.all() {
                if letter.reason != "REJECTED" {
                    problems.push(format!("{} v{version}: {}", route.function(), letter.explanation));
                }
            }
        }
    }
    assert_none(problems);
}

fn upcast(family: &Family, name: &str, version: u32, body: &Value) -> Result<Value, BoxError> {
    let encoded = (family.upcast)(name, version, &to_raw_value(body)?)?;
    Ok(serde_json::from_str(encoded.data.get())?)
}

fn validator(context: &str, name: &str, version: u32) -> jsonschema::Validator {
    jsonschema::validator_for(&json(&catalogue::schema_path(context, name, version))).unwrap()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&repo::read(&repo::root(), path).unwrap()).unwrap()
}
