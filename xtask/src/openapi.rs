//! `events/openapi.json`: the HTTP API as OpenAPI 3.1, from its functions and the schemas of commands.

use causeway::{
    Kind,
    http::{Answers, HttpFunction, HttpRoute},
};
use domain::Entry;
use serde_json::{Map, Value, json};

use crate::components::{Components, reference};

/// The path of the description.
pub const FILE: &str = "events/openapi.json";

/// The variable of the path that names a command. The description has a path for each command in its place.
const COMMAND: &str = "{command}";

/// The description of these functions. `commands` can be sent over HTTP.
pub fn describe(functions: &[HttpFunction], commands: &[Entry]) -> anyhow::Result<String> {
    let mut components = Components::default();
    components.add("Problem", problem());
    let mut paths: Map<String, Value> = Map::new();
    for function in functions {
        for route in &function.routes {
            let operation = operation(function, route, &mut components);
            let method = route.method.to_ascii_lowercase();
            if !matches!(route.answers, Answers::Accepted(_)) {
                let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
                path[method] = operation;
                continue;
            }
            for command in commands.iter().filter(|entry| entry.description.kind == Kind::Command) {
                let name = command.description.name;
                let body = components.add(name, (command.description.schema)().to_value());
                let mut operation = operation.clone();
                operation["operationId"] = name.into();
                operation["summary"] =
                    format!("Publishes {name} to the context {}.", command.description.context).into();
                operation["requestBody"] = json!({
                    "required": true,
                    "content": { "application/json": { "schema": body, "example": command.sample } },
                });
                let path = paths.entry(route.path.replace(COMMAND, name)).or_insert_with(|| json!({}));
                path[method.as_str()] = operation;
            }
        }
    }
    let description = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Causeway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Commands and views of the shop and its bank. A user sees what is their own; the local cloud asks for no token.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "http://127.0.0.1:4566/api", "description": "The local cloud." }],
        "security": [{}, { "token": [] }],
        "paths": paths,
        "components": {
            "schemas": components.into_json(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    });
    Ok(serde_json::to_string_pretty(&description)? + "\n")
}

fn operation(function: &HttpFunction, route: &HttpRoute, components: &mut Components) -> Value {
    let (status, schema, what) = match route.answers {
        Answers::Row(schema) => (200, schema, "Row"),
        Answers::Page(schema) => (200, schema, "Page"),
        Answers::Body(schema) => (200, schema, "Body"),
        Answers::Accepted(schema) => (202, schema, "Accepted"),
    };
    let id = operation_id(route);
    let body = components.add(&format!("{id}{what}"), schema().to_value());
    let mut responses = json!({
        "default": {
            "description": "A problem.",
            "content": {
                "application/problem+json": { "schema": reference("Problem") },
                // Errors of the gateway itself have a message only.
                "application/json": { "schema": { "type": "object", "properties": { "message": { "type": "string" } } } },
            },
        },
    });
    responses[status.to_string()] =
        json!({ "description": "The answer.", "content": { "application/json": { "schema": body } } });
    if status == 200 {
        responses["304"] = json!({ "description": "It is what If-None-Match names." });
    }
    json!({
        "operationId": id,
        "summary": route.summary,
        "tags": [function.family()],
        "parameters": parameters(route),
        "responses": responses,
    })
}

/// `getOrdersById` for `GET /orders/{id}`.
fn operation_id(route: &HttpRoute) -> String {
    let mut id = route.method.to_ascii_lowercase();
    for part in route.path.split('/').filter(|part| !part.is_empty()) {
        let (prefix, word) = match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(variable) => ("By", variable),
            None => ("", part),
        };
        id.push_str(prefix);
        let mut letters = word.chars();
        id.extend(letters.next().into_iter().flat_map(char::to_uppercase).chain(letters));
    }
    id
}

fn parameters(route: &HttpRoute) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let variables = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let is_accepted = matches!(route.answers, Answers::Accepted(_));
    let variables = variables.filter(|_| !is_accepted);
    let mut parameters: Vec<Value> = variables
        .map(|name| {
            let id = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" });
            json!({ "name": name, "in": "path", "required": true, "schema": id })
        })
        .collect();
    parameters.extend(route.query.iter().map(|query| {
        let schema = match query.name {
            "limit" => json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
            _ => text.clone(),
        };
        json!({ "name": query.name, "in": "query", "required": query.required, "description": query.what, "schema": schema })
    }));
    let mut header = |name: &str, what: &str, schema: Value| {
        parameters.push(json!({ "name": name, "in": "header", "description": what, "schema": schema }));
    };
    match route.answers {
        Answers::Row(_) => {
            let version = json!({ "type": "integer", "minimum": 1 });
            header("If-Version", "Waits until the row has seen this version of its stream, or answers 409.", version);
            header("If-None-Match", "The ETag of an answer before: 304 if it is the same.", text);
        }
        Answers::Accepted(_) => {
            let key = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
            header("Idempotency-Key", "Requests with the same key are one command.", key);
        }
        Answers::Page(_) | Answers::Body(_) => {}
    }
    parameters
}

/// A problem, in the format of RFC 9457.
fn problem() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["status", "title"],
        "properties": {
            "type": text, "title": text, "detail": text,
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "field": { "type": "string", "description": "The field, parameter or header that is wrong." },
            "rule": { "type": "string", "description": "The rule that it breaks." },
        },
    })
}
