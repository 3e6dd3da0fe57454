//! What several tests share: a command, events of it as EventBridge delivers them, and envelopes.

use causeway::{
    MessageId, StreamId,
    message::envelope::{Cause, Envelope},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::to_raw_value};

causeway::events! {
    /// The commands of tests.
    pub(crate) enum OrderCommand: commands to "order" {
        PlaceOrder = 1,
        ReportStock = 1,
    }
}

/// Place an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaceOrder {
    pub(crate) order_id: String,
}

/// Report the stock; published by a scheduled rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReportStock {}

/// An EventBridge event with this detail.
pub(crate) fn event(detail: &Value) -> Value {
    json!({
        "version": "0", "id": "11111111-aaaa-bbbb-cccc-000000000001", "detail-type": "PlaceOrder",
        "source": "shop.web", "account": "1", "time": "2026-11-21T10:30:00Z", "region": "eu-central-1",
        "resources": [], "detail": detail,
    })
}

/// The envelope of a message.
pub(crate) fn envelope(id: &str, name: &str, stream: &str, timestamp: Timestamp, data: &Value) -> Envelope {
    let (id, stream) = (MessageId::new(id).unwrap(), StreamId::parse(stream).unwrap());
    Envelope {
        event_id: id.clone(),
        event_type: name.to_owned(),
        event_version: 1,
        aggregate_type: stream.context().to_owned(),
        aggregate_id: stream.id().to_owned(),
        version: Some(1),
        timestamp,
        data: to_raw_value(data).unwrap(),
        metadata: Cause::new(id, "PlaceOrder").metadata,
    }
}
