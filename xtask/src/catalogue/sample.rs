//! A message's sample: the array that `aws events put-events --entries file://…` takes.
//! A command is what a person would send by hand; a fact is the whole envelope, as the relay says it.

use anyhow::Context;
use causeway::{
    Description, Kind, MessageId,
    delivery::bus::source_of,
    message::envelope::{Envelope, Metadata},
};
use serde_json::{Value, json, value::to_raw_value};

use crate::catalogue::sorted;

/// The bus on which all messages travel.
pub const BUS: &str = "causeway";

/// The moment at which all samples happen.
const MOMENT: &str = "2026-11-21T10:30:00Z";

/// The sample of a message in one of its versions, with this body.
pub fn of(message: &Description, version: u32, body: &Value) -> anyhow::Result<Value> {
    let body = sorted(body);
    match message.kind {
        Kind::Command => command(message, &body),
        Kind::Event => fact(message, version, &body),
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

fn fact(message: &Description, version: u32, data: &Value) -> anyhow::Result<Value> {
    let id = MessageId::new("sample")?.derived(message.name);
    let cause = id.derived("cause");
    let stream = stream_id(message.context, data);
    let envelope = Envelope {
        event_id: id,
        event_type: message.name.to_owned(),
        event_version: version,
        aggregate_type: message.context.to_owned(),
        aggregate_id: stream.clone(),
        version: Some(1),
        timestamp: MOMENT.parse()?,
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
    let resource = format!("{}/{stream}", message.context);
    Ok(json!([{
        "Source": source_of(message.context), "DetailType": message.name, "Detail": detail,
        "Resources": [resource], "EventBusName": BUS,
    }]))
}

/// The stream a sample is of: the field of the body that names it in this context.
fn stream_id(context: &str, data: &Value) -> String {
    let field = match context {
        "inventory" => "sku".to_owned(),
        "fulfilment" => "orderId".to_owned(),
        "stock-report" => "day".to_owned(),
        other => format!("{other}Id"),
    };
    data.get(&field).and_then(Value::as_str).map_or_else(|| format!("{context}-1001"), str::to_owned)
}
