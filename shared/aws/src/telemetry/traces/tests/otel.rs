//! Exported spans: one trace through several functions and through the log, and collectors that fail.

use std::{
    convert::Infallible,
    io::ErrorKind,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use causeway::{
    App, Decider, Delivery, Failure, Handled, Id, Outcome, Received, Verified, delivery::relay::relay, memory::Memory,
};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use super::{
    begin,
    collector::{CollectedSpan, FakeCollector},
};
use crate::{
    fake_wire::{FakeWire, Reply, client_on},
    fixtures::{PlaceOrder, event},
    lambda::{Function, Invocation, functions::BusFunction, message_handler::MessageHandler},
    telemetry::traces::{Traces, enabled::MAX_SPANS, link, relay_span, settings::BoxedLayer},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const FIRST: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// The traceparent in the metadata that commits take over.
type NextTraceparent = Arc<Mutex<Option<String>>>;

/// Invokes a function that exports to this address; returns the traceparent that it passes on, and its response.
async fn invoke(
    function: &str,
    address: &str,
    order: &str,
    traceparent: Option<&str>,
) -> (Option<String>, Result<Value, String>) {
    let (traces, response, next) = invoke_without_flush(function, address, order, traceparent).await;
    traces.flush().await;
    (next, response)
}

async fn invoke_without_flush(
    function: &str,
    address: &str,
    order: &str,
    traceparent: Option<&str>,
) -> (Traces, Result<Value, String>, Option<String>) {
    let next = NextTraceparent::default();
    let detail = json!({ "data": { "orderId": order }, "metadata": { "traceparent": traceparent } });
    let handler = MessageHandler::new(function, Memory::new(1).app(), handler(&next));
    let (traces, response) = invoke_handler(function, address, handler, &event(&detail).to_string()).await;
    let next = next.lock().unwrap().clone();
    (traces, response, next)
}

/// Invokes a handler while its spans are recorded.
async fn invoke_handler(
    function: &str,
    address: &str,
    handler: MessageHandler,
    payload: &str,
) -> (Traces, Result<Value, String>) {
    let (traces, layer) = traces_to(function, address);
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    let invocation = Invocation { payload, request_id: "r-1", attempt: 1 };
    let response = BusFunction { handler }.invoke(invocation).await;
    (traces, response.map_err(|error| error.error_message))
}

/// The traces of a function, and the layer that records them.
fn traces_to(function: &str, address: &str) -> (Traces, BoxedLayer) {
    let lookup = |variable: &str| match variable {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(address.to_owned()),
        "OTEL_EXPORTER_OTLP_TIMEOUT" if address.ends_with("/slow") => Some("20".to_owned()),
        "OTEL_EXPORTER_OTLP_TIMEOUT" => Some("60000".to_owned()),
        _ => None,
    };
    begin(function, lookup).unwrap().unwrap()
}

/// A handler that calls SQS, and fails for orders called `fail-…`.
fn handler(
    next: &NextTraceparent,
) -> impl Fn(App, Received<PlaceOrder>) -> BoxFuture<'static, Outcome> + Clone + use<> {
    let next = Arc::clone(next);
    move |_, message| {
        let next = Arc::clone(&next);
        Box::pin(async move {
            let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({ "QueueUrl": "http://queue" })));
            client_on!(aws_sdk_sqs, wire).get_queue_url().queue_name("letters").send().await.unwrap();
            *next.lock().unwrap() = message.cause().metadata.traceparent;
            match message.data.order_id.starts_with("fail") {
                true => Err(Failure::transient("throttled")),
                false => Ok(Handled::Done),
            }
        })
    }
}

fn of<'a>(spans: &'a [CollectedSpan], name: &str) -> &'a CollectedSpan {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} in {spans:#?}"))
}

#[tokio::test]
async fn a_trace_includes_two_functions_and_their_sdk_calls() {
    let collector = FakeCollector::of(2);
    let (next, response) = invoke("order-on-place-order", &collector.address, "o-1", Some(FIRST)).await;
    assert_eq!(response.unwrap()["handled"], "done");
    let next = next.unwrap();
    let (_, response) = invoke("fulfilment-on-order-placed", &collector.address, "fail-2", Some(&next)).await;
    assert!(response.unwrap_err().contains("throttled"));
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");
    assert_eq!(spans.len(), 4, "{spans:#?}");
    let (first, second) = (of(&spans, "order-on-place-order"), of(&spans, "fulfilment-on-order-placed"));
    assert_eq!(first.parent, "b7ad6b7169203331");
    assert_eq!(next, format!("00-{TRACE}-{}-01", first.id));
    assert_eq!(second.parent, first.id);
    let calls: Vec<&CollectedSpan> = spans.iter().filter(|span| span.name == "SQS.GetQueueUrl").collect();
    assert_eq!(calls.iter().map(|call| &call.parent).collect::<Vec<_>>(), [&first.id, &second.id]);
    // A consumer span and a client span.
    assert_eq!((first.kind, calls[0].kind), (5, 3));
    assert_eq!((first.error.as_deref(), second.error.as_deref()), (None, Some("throttled")));
}

#[tokio::test]
async fn a_span_names_its_function_and_its_message() {
    let collector = FakeCollector::of(1);
    invoke("order-on-place-order", &collector.address, "o-1", None).await.1.unwrap();
    let spans = collector.spans();
    let expected = [
        ("service.name", "order-on-place-order"),
        ("faas.name", "order-on-place-order"),
        ("cloud.provider", "aws"),
        ("faas.trigger", "pubsub"),
        ("faas.invocation_id", "r-1"),
        ("messaging.operation.type", "process"),
        ("messaging.message.id", "11111111-aaaa-bbbb-cccc-000000000001"),
        ("causeway.message", "PlaceOrder"),
        ("causeway.correlation_id", "11111111-aaaa-bbbb-cccc-000000000001"),
        ("causeway.attempt", "1"),
        ("causeway.outcome", "done"),
    ];
    let message = of(&spans, "order-on-place-order");
    for (key, value) in expected {
        assert_eq!(message.attributes.get(key).map(String::as_str), Some(value), "{key} of {message:#?}");
    }
    assert!(!of(&spans, "SQS.GetQueueUrl").attributes.contains_key("sdk_invocation_id"));
}

#[tokio::test]
async fn a_message_without_a_valid_trace_starts_one_and_passes_it_on() {
    for traceparent in [None, Some("00-invalid"), Some("00-00000000000000000000000000000000-b7ad6b7169203331-01")] {
        let collector = FakeCollector::of(1);
        let (next, _) = invoke("order-on-place-order", &collector.address, "o-1", traceparent).await;
        let spans = collector.spans();
        let message = of(&spans, "order-on-place-order");
        assert_eq!((message.parent.as_str(), message.trace.len()), ("", 32), "{traceparent:?}");
        assert_eq!(next.unwrap(), format!("00-{}-{}-01", message.trace, message.id));
    }
}

#[tokio::test]
async fn the_relay_links_to_the_spans_whose_commits_it_publishes() {
    let collector = FakeCollector::of(1);
    let (traces, layer) = traces_to("relay", &collector.address);
    let subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    async { link([FIRST, "no traceparent"].into_iter()) }.instrument(relay_span("r-1", 2)).await;
    drop(subscriber);
    traces.flush().await;
    let spans = collector.spans();
    let relay = of(&spans, "relay");
    assert_eq!(relay.links, [format!("{TRACE}-b7ad6b7169203331")]);
    assert_ne!(relay.trace, TRACE, "a batch publishes commits of many traces");
    assert_eq!(relay.attributes["messaging.batch.message_count"], "2");
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

fn was_connected(listener: &TcpListener) -> bool {
    match listener.accept() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn an_unreachable_collector_fails_no_message_and_its_spans_are_dropped() {
    let (listener, address) = listener();
    drop(listener);
    let (traces, response, next) = invoke_without_flush("order-on-place-order", &address, "o-1", None).await;
    assert_eq!(response.unwrap()["handled"], "done");
    assert!(next.is_some());
    assert_eq!(traces.buffered(), 2);
    traces.flush().await;
    assert_eq!(traces.buffered(), 0);
}

#[tokio::test]
async fn a_collector_that_never_responds_costs_the_timeout_and_no_more() {
    let (listener, address) = listener();
    let slow = format!("{address}/slow");
    // Without a timeout this would never return.
    let (_, response) = invoke("order-on-place-order", &slow, "o-1", None).await;
    assert_eq!(response.unwrap()["handled"], "done");
    assert!(was_connected(&listener));
}

#[tokio::test]
async fn an_unsampled_message_is_not_exported_and_passes_that_on() {
    let (listener, address) = listener();
    let (next, _) = invoke("order-on-place-order", &address, "o-1", Some(UNSAMPLED)).await;
    let next = next.unwrap();
    assert!(next.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && next.ends_with("-00"), "{next}");
    assert!(!was_connected(&listener), "without a span there is no connection");
}

#[tokio::test]
async fn spans_over_the_limit_are_dropped() {
    let (_listener, address) = listener();
    let (traces, layer) = traces_to("relay", &address);
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(vec![layer]));
    for _ in 0..MAX_SPANS + 100 {
        relay_span("r-1", 1).in_scope(|| {});
    }
    assert_eq!(traces.buffered(), MAX_SPANS);
}

/// Light the lamp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LightLamp {}

/// The lamp is lit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LampLit {}

causeway::events! {
    /// Commands to a lamp.
    enum LampCommand: commands to "lamp" { LightLamp = 1 }
}

causeway::events! {
    /// Events of a lamp.
    enum LampEvent: events of "lamp" { LampLit = 1 }
}

struct Lamp;

impl Decider for Lamp {
    const CONTEXT: &'static str = "lamp";
    type State = bool;
    type Command = ();
    type Event = LampEvent;
    type Rejection = Infallible;

    fn decide(lit: &bool, (): &()) -> Result<Vec<LampEvent>, Infallible> {
        Ok(if *lit { Vec::new() } else { vec![LampLit {}.into()] })
    }

    fn evolve(_: bool, event: &LampEvent) -> bool {
        matches!(event, LampEvent::LampLit(_))
    }
}

async fn on_light_lamp(app: App, message: Received<LightLamp>) -> Outcome {
    app.execute::<Lamp>(&Id::<Lamp>::new("l-1").unwrap(), &(), &message.cause()).await
}

/// Handles an event in a function and exports its spans.
async fn handle_event(function: &str, address: &str, handler: MessageHandler, delivery: &Delivery) {
    let payload = serde_json::to_string(delivery).unwrap();
    let (traces, response) = invoke_handler(function, address, handler, &payload).await;
    assert_eq!(response.unwrap()["handled"], "done");
    traces.flush().await;
}

#[tokio::test]
async fn an_event_that_continues_a_trace_is_still_verified_against_the_log() {
    let collector = FakeCollector::of(2);
    let (memory, handled) = (Memory::new(1), Arc::new(Mutex::new(Vec::new())));
    let app = memory.app();
    let command = json!({
        "id": "11111111-aaaa-bbbb-cccc-000000000001", "source": "shop.web", "detail-type": "LightLamp",
        "time": "2026-11-21T10:30:00Z", "detail": { "data": {}, "metadata": { "traceparent": FIRST } },
    });
    let command: Delivery = serde_json::from_value(command).unwrap();
    let handler = MessageHandler::new("lamp-on-light-lamp", app.clone(), on_light_lamp);
    handle_event("lamp-on-light-lamp", &collector.address, handler, &command).await;
    assert!(relay(app.ports(), memory.store.changes(0)).await.iter().all(Result::is_ok));
    let event = memory.bus.drain().remove(0);
    let events = Arc::clone(&handled);
    let handler = move |_: App, event: Verified<LampLit>| {
        events.lock().unwrap().push(event.metadata.correlation_id.clone());
        async { Ok(Handled::Done) }
    };
    let handler = MessageHandler::new("ward-on-lamp-lit", app, handler);
    handle_event("ward-on-lamp-lit", &collector.address, handler, &event).await;
    assert_eq!(handled.lock().unwrap().len(), 1);
    assert!(memory.dead_letters.all().is_empty(), "the event was not verified");
    let spans = collector.spans();
    let (first, second) = (of(&spans, "lamp-on-light-lamp"), of(&spans, "ward-on-lamp-lit"));
    assert_eq!((&second.trace, &second.parent), (&first.trace, &first.id));
    assert_eq!(
        (second.attributes["causeway.version"].as_str(), &*second.attributes["causeway.stream"]),
        ("1", "lamp/l-1")
    );
}
