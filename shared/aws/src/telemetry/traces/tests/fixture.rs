//! A function that traces, as Lambda would wake it: its subscriber, one message, and the flush at the end.

use std::sync::{Arc, Mutex};

use causeway::{App, Failure, Handled, Outcome, Received, memory::Memory};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

use super::begin;
use crate::{
    fake_wire::{FakeWire, Reply, client_on},
    lambda::{Function, Invocation, bus::BusFunction, message_handler::MessageHandler},
    telemetry::traces::Traces,
};

causeway::events! {
    /// What is asked here.
    enum Asked: commands to "order" {
        PlaceOrder = 1,
    }
}

/// Place an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlaceOrder {
    order_id: String,
}

/// What is said of the next step: by the metadata that commits take over.
type Next = Arc<Mutex<Option<String>>>;

/// One invocation of a function that traces to this address; what it would hand on, and what it answered.
pub(super) async fn invoke(
    function: &str,
    address: &str,
    order: &str,
    traceparent: Option<&str>,
) -> (Option<String>, Result<Value, String>) {
    let (traces, answer, next) = heard(function, address, order, traceparent).await;
    traces.flush().await;
    (next, answer)
}

/// One invocation that is not yet told.
pub(super) async fn heard(
    function: &str,
    address: &str,
    order: &str,
    traceparent: Option<&str>,
) -> (Traces, Result<Value, String>, Option<String>) {
    let (traces, layer) = traces_to(function, address);
    let subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    let next = Next::default();
    let bus = BusFunction::new(MessageHandler::new(function, Memory::new(1).app(), handler(&next)));
    let payload = event(order, traceparent).to_string();
    let answer = bus.invoke(Invocation { payload: &payload, request_id: "r-1", attempt: 1 }).await;
    drop(subscriber);
    let next = next.lock().unwrap().clone();
    (traces, answer.map_err(|error| error.error_message), next)
}

/// The traces of a function, and its layer.
pub(super) fn traces_to(function: &str, address: &str) -> (Traces, super::super::BoxedLayer) {
    let lookup = |variable: &str| match variable {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(address.to_owned()),
        "OTEL_EXPORTER_OTLP_TIMEOUT" if address.ends_with("/slow") => Some("20".to_owned()),
        "OTEL_EXPORTER_OTLP_TIMEOUT" => Some("60000".to_owned()),
        _ => None,
    };
    begin(function, lookup).unwrap().unwrap()
}

/// A handler that asks a queue, and fails for orders called `fail-…`.
fn handler(next: &Next) -> impl Fn(App, Received<PlaceOrder>) -> BoxFuture<'static, Outcome> + Clone + use<> {
    let next = Arc::clone(next);
    move |_, message| {
        let next = Arc::clone(&next);
        Box::pin(async move {
            let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({ "QueueUrl": "http://queue" })));
            client_on!(aws_sdk_sqs, wire).get_queue_url().queue_name("letters").send().await.unwrap();
            *next.lock().unwrap() = message.cause().metadata.traceparent;
            match message.data.order_id.starts_with("fail") {
                true => Err(Failure::transient("the world is not ready")),
                false => Ok(Handled::Done),
            }
        })
    }
}

fn event(order: &str, traceparent: Option<&str>) -> Value {
    json!({
        "version": "0", "id": "11111111-aaaa-bbbb-cccc-000000000001", "detail-type": "PlaceOrder",
        "source": "shop.web", "account": "1", "time": "2026-11-21T10:30:00Z", "region": "eu-central-1",
        "resources": [],
        "detail": { "data": { "orderId": order }, "metadata": { "traceparent": traceparent } },
    })
}
