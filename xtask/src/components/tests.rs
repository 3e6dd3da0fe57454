//! The descriptions of the HTTP API and of the bus: complete, and every reference leads somewhere.

use causeway::{Kind, http::Answers};
use serde_json::{Value, json};

use super::Components;
use crate::{asyncapi, openapi};

fn of_http() -> Value {
    let (functions, commands) = (functions::http::http_functions(), functions::http::commands::commands());
    serde_json::from_str(&openapi::describe(&functions, &commands).unwrap()).unwrap()
}

fn of_bus() -> Value {
    serde_json::from_str(&asyncapi::describe(&domain::catalogue()).unwrap()).unwrap()
}

/// The references that lead nowhere.
fn dangling(description: &Value) -> Vec<String> {
    fn collect(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                all.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| collect(value, all));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    collect(description, &mut all);
    assert!(all.len() > 100, "{}", all.len());
    all.retain(|path| path.strip_prefix('#').is_none_or(|path| description.pointer(path).is_none()));
    all
}

#[test]
fn the_description_of_the_api_has_every_route_and_command() {
    let description = of_http();
    assert_eq!(dangling(&description), [""; 0]);
    for route in functions::http::http_functions().iter().flat_map(|function| &function.routes) {
        let method = route.method.to_ascii_lowercase();
        if matches!(route.answers, Answers::Accepted(_)) {
            continue;
        }
        let operation = &description["paths"][route.path][&method];
        assert_eq!(operation["summary"], route.summary, "{} {}", route.method, route.path);
        for query in &route.query {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(
                parameters.iter().any(|parameter| parameter["name"] == query.name),
                "{}: {}",
                route.path,
                query.name
            );
        }
    }
    for command in functions::http::commands::commands() {
        let operation = &description["paths"][format!("/commands/{}", command.description.name)]["post"];
        let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let schema = description.pointer(body.as_str().unwrap().trim_start_matches('#')).unwrap();
        let own = (command.description.schema)().to_value();
        assert_eq!(schema["required"], own["required"], "{}", command.description.name);
    }
}

#[test]
fn the_operations_of_the_api_have_names_of_their_own() {
    let description = of_http();
    let paths = description["paths"].as_object().unwrap().values();
    let mut ids: Vec<&str> = paths
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|it| it["operationId"].as_str().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn the_description_of_the_bus_has_every_message_in_its_context() {
    let description = of_bus();
    assert_eq!(dangling(&description), [""; 0]);
    for entry in domain::catalogue() {
        let (name, context) = (entry.description.name, entry.description.context);
        let channel = &description["channels"][context];
        assert_eq!(channel["address"], format!("causeway.{context}"));
        assert!(channel["messages"].get(name).is_some(), "{name}");
        let verb = if entry.description.kind == Kind::Command { "handles" } else { "publishes" };
        let messages = description["operations"][format!("{context}-{verb}")]["messages"].as_array().unwrap();
        assert!(messages.contains(&json!({ "$ref": format!("#/channels/{context}/messages/{name}") })), "{name}");
    }
}

#[test]
fn of_two_definitions_that_differ_both_stay() {
    let mut components = Components::default();
    let schema = |kind: &str| json!({ "$schema": "x", "$ref": "#/$defs/Id", "$defs": { "Id": { "items": { "$ref": "#/$defs/Part" } }, "Part": { "type": kind } } });
    for (name, kind) in [("First", "string"), ("Same", "string"), ("Other", "number")] {
        assert_eq!(components.add(name, schema(kind)), json!({ "$ref": format!("#/components/schemas/{name}") }));
    }
    let all = components.into_json();
    assert_eq!((&all["Part"]["type"], &all["OtherPart"]["type"]), (&json!("string"), &json!("number")));
    assert_eq!(all["First"], json!({ "$ref": "#/components/schemas/Id" }));
    assert_eq!(all["Same"], all["First"]);
}
