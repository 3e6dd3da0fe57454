//! A message's sample: the array that `aws events put-events --entries file://…` takes.
//! A command has only its data, as a client sends it; an event has the complete envelope, as the relay publishes it.

use anyhow::Context;
use causeway::{
    Description, Kind, MessageId,
    delivery::bus::source_of,
    message::envelope::{Envelope, Metadata},
};
use serde_json::{Value, json, value::to_raw_value};

/// The event bus.
pub const BUS: &str = "causeway";

/// The time of all samples.
const SAMPLE_TIME: &str = "2026-11-21T10:30:00Z";

/// The sample of a message in one of its versions, with this body, of the aggregate of this id.
pub fn of(message: &Description, version: u32, aggregate_id: &str, body: &Value) -> anyhow::Result<Value> {
    let body = sorted(body);
    match message.kind {
        Kind::Command => command(message, &body),
        Kind::Event => event(message, version, aggregate_id, &body),
    }
}

/// The body inside a sample.
pub fn body(sample: &Value) -> anyhow::Result<Value> {
    let detail = sample.pointer("/0/Detail").and_then(Value::as_str).context("the sample has no Detail")?;
    let envelope: Value = serde_json::from_str(detail).context("the sample's Detail is no JSON")?;
    envelope.get("data").cloned().context("the sample's Detail has no data")
}

fn command(message: &Description, data: &Value) -> anyhow::Result<Value> {
    let detail = serde_json::to_string(&json!({ "data": data }))?;
    Ok(json!([{ "Source": "cli", "DetailType": message.name, "Detail": detail, "EventBusName": BUS }]))
}

fn event(message: &Description, version: u32, aggregate_id: &str, data: &Value) -> anyhow::Result<Value> {
    let id = MessageId::new("sample")?.derived(message.name);
    let cause = id.derived("cause");
    let envelope = Envelope {
        event_id: id,
        event_type: message.name.to_owned(),
        event_version: version,
        aggregate_type: message.context.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        version: Some(1),
        timestamp: SAMPLE_TIME.parse()?,
        data: to_raw_value(data)?,
        metadata: Metadata {
            correlation_id: cause.clone(),
            causation_id: cause,
            user_id: None,
            traceparent: None,
            hops: 1,
        },
    };
    let detail = serde_json::to_string(&envelope)?;
    let resource = format!("{}/{aggregate_id}", message.context);
    Ok(json!([{
        "Source": source_of(message.context), "DetailType": message.name, "Detail": detail,
        "Resources": [resource], "EventBusName": BUS,
    }]))
}

/// The value with all its keys sorted.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
