//! `events/asyncapi.json`: the messages on the bus as AsyncAPI 3, a channel for each context.

use std::collections::BTreeMap;

use causeway::{Kind, delivery::source_of};
use domain::Entry;
use serde_json::{Map, Value, json};

use crate::components::Components;

/// The path of the description.
pub const FILE: &str = "events/asyncapi.json";

/// The description of these messages.
pub fn describe(catalogue: &[Entry]) -> anyhow::Result<String> {
    let (mut components, mut messages) = (Components::default(), Map::new());
    let mut contexts: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in catalogue {
        let description = &entry.description;
        contexts.entry(description.context).or_default().push(entry);
        let data = components.add(description.name, (description.schema)().to_value());
        let message = json!({
            "name": description.name,
            "title": description.name,
            "contentType": "application/json",
            "payload": envelope(entry, data),
            "examples": [{ "payload": { "data": entry.sample } }],
        });
        messages.insert(description.name.to_owned(), message);
    }
    let (mut channels, mut operations) = (Map::new(), Map::new());
    for (context, entries) in contexts {
        let name_of = |entry: &&Entry| entry.description.name;
        let here = |name: &str| json!({ "$ref": format!("#/components/messages/{name}") });
        let channel = json!({
            "address": source_of(context),
            "description": format!("The messages of the context {context}: what it publishes has this source."),
            "messages": entries.iter().map(|entry| (name_of(entry).to_owned(), here(name_of(entry)))).collect::<Map<_, _>>(),
        });
        channels.insert(context.to_owned(), channel);
        for (kind, action, verb) in [(Kind::Command, "receive", "handles"), (Kind::Event, "send", "publishes")] {
            let of_kind: Vec<Value> = entries
                .iter()
                .filter(|entry| entry.description.kind == kind)
                .map(|entry| json!({ "$ref": format!("#/channels/{context}/messages/{}", name_of(entry)) }))
                .collect();
            if !of_kind.is_empty() {
                let channel = json!({ "$ref": format!("#/channels/{context}") });
                let operation = json!({
                    "action": action, "channel": channel, "messages": of_kind,
                    "summary": format!("The context {context} {verb} these messages."),
                });
                operations.insert(format!("{context}-{verb}"), operation);
            }
        }
    }
    let description = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Causeway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Commands and events of the shop and its bank on the EventBridge bus. The name of a message is the \
                            detail-type, its payload the detail.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": components.into_json() },
    });
    Ok(serde_json::to_string_pretty(&description)? + "\n")
}

/// The envelope of a message. A command that is sent by hand needs its data only.
fn envelope(entry: &Entry, data: Value) -> Value {
    let text = json!({ "type": "string" });
    let required = match entry.description.kind {
        Kind::Command => vec!["data"],
        Kind::Event => vec!["eventId", "eventVersion", "aggregateType", "aggregateId", "data"],
    };
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "eventId": text, "eventType": { "const": entry.description.name }, "aggregateType": text, "aggregateId": text,
            "eventVersion": { "type": "integer", "minimum": 1 },
            "version": { "type": "integer", "minimum": 1 },
            "timestamp": { "type": "string", "format": "date-time" },
            "data": data,
            "metadata": {
                "type": "object",
                "properties": {
                    "correlationId": text, "causationId": text, "userId": text, "traceparent": text,
                    "hops": { "type": "integer", "minimum": 0 },
                },
            },
        },
    })
}
