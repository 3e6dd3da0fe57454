//! Every message has its schema and its sample; both are what the types say, and every sample ever published is read.

use causeway::{
    App, Delivery, Ports, RawValue, VerificationPolicy, delivery::VerifyEvents, failure::BoxError, memory::Memory,
};
use domain::{Entry, Family};
use serde_json::{Value, value::to_raw_value};
use xtask::{
    catalogue::{self, sample},
    repo,
};

use super::nothing_wrong;

#[test]
fn the_catalogue_is_what_the_types_say() {
    nothing_wrong(catalogue::problems(&repo::root(), &domain::catalogue()).unwrap());
}

#[test]
fn every_sample_holds_its_schema_and_is_read_in_the_newest_shape() {
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
                problems.push(format!("{name} v{version}: the sample breaks its schema: {error}"));
            }
            match upcast(family, name, version, &body) {
                Ok(read) if newest.is_valid(&read) => {}
                Ok(read) => problems.push(format!("{name} v{version}: read as {read}, which breaks the newest schema")),
                Err(error) => problems.push(format!("{name} v{version}: the sample cannot be read: {error}")),
            }
        }
    }
    nothing_wrong(problems);
}

#[test]
fn a_body_that_breaks_its_schema_is_seen() {
    let validator = validator("order", "CancelOrder", 1);
    assert!(!validator.is_valid(&serde_json::json!({ "orderId": "o/1", "reason": "no" })));
    assert!(!validator.is_valid(&serde_json::json!({ "orderId": "o-1" })));
}

#[tokio::test]
async fn every_sample_is_opened_by_the_functions_that_hear_it() {
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
            // A sample says what could have happened, and no log holds it.
            let trust = VerificationPolicy { account: None, verify_events: VerifyEvents::None };
            let app = App::new(Ports { verification: trust, ..memory.ports() });
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
    nothing_wrong(problems);
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
