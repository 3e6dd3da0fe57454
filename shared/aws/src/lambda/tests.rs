//! Invocations as Lambda makes them: by a rule and by a queue here, by the stream of the events table in `relay`.

mod relay;

use std::sync::{Arc, Mutex};

use causeway::{App, Failure, Handled, Outcome, Received, StreamId, log::event_store::ReadError, memory::Memory};
use futures::future::BoxFuture;
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use super::{
    Function, Invocation, diagnostic,
    functions::{BusFunction, QueueFunction},
    message_handler::MessageHandler,
};
use crate::fixtures::{self, PlaceOrder, ReportStock};

/// The orders that a handler received, and the ids of their messages.
#[derive(Clone, Default)]
struct HandledOrders {
    orders: Arc<Mutex<Vec<String>>>,
    ids: Arc<Mutex<Vec<String>>>,
}

impl HandledOrders {
    /// A handler that fails for orders called `fail…`.
    fn handler(&self) -> impl Fn(App, Received<PlaceOrder>) -> BoxFuture<'static, Outcome> + Clone + use<> {
        let handled = self.clone();
        move |_, message| {
            let order = message.data.order_id;
            handled.orders.lock().unwrap().push(order.clone());
            handled.ids.lock().unwrap().push(message.id.to_string());
            Box::pin(async move {
                match order.starts_with("fail") {
                    true => Err(Failure::transient("throttled")),
                    false => Ok(Handled::Done),
                }
            })
        }
    }

    fn orders(&self) -> Vec<String> {
        self.orders.lock().unwrap().clone()
    }
}

/// The in-memory ports, the orders handled on them, and their handler.
fn place_order() -> (Memory, HandledOrders, MessageHandler) {
    let (memory, handled) = (Memory::new(1), HandledOrders::default());
    let handler = MessageHandler::new("order-on-place-order", memory.app(), handled.handler());
    (memory, handled, handler)
}

fn event(order: &str) -> Value {
    fixtures::event(&json!({ "data": { "orderId": order } }))
}

async fn invoke(function: &impl Function, payload: &str) -> Result<Value, Diagnostic> {
    function.invoke(Invocation { payload, request_id: "r-1", attempt: 1 }).await
}

fn reasons(memory: &Memory) -> Vec<String> {
    memory.dead_letters.all().into_iter().map(|letter| letter.reason).collect()
}

#[tokio::test]
async fn a_message_is_handled_and_the_response_names_the_outcome() {
    let (_, handled, handler) = place_order();
    let response = invoke(&BusFunction { handler }, &event("o-1").to_string()).await.unwrap();
    assert_eq!(response, json!({ "handled": "done" }));
    assert_eq!(handled.orders(), ["o-1"]);
    assert_eq!(*handled.ids.lock().unwrap(), ["11111111-aaaa-bbbb-cccc-000000000001"]);
}

#[tokio::test]
async fn a_transient_failure_is_an_error_with_a_readable_type() {
    let (memory, _, handler) = place_order();
    let error = invoke(&BusFunction { handler }, &event("fail").to_string()).await.unwrap_err();
    assert_eq!((error.error_type.as_str(), error.error_message.as_str()), ("Retry.Failed", "throttled"));
    assert!(memory.dead_letters.all().is_empty());
}

#[tokio::test]
async fn a_payload_that_is_no_event_is_dead_lettered_and_never_handled() {
    let change = |change: &dyn Fn(&mut Value)| {
        let mut event = event("o-1");
        change(&mut event);
        event.to_string()
    };
    let without = |field: &'static str| change(&|event| drop(event.as_object_mut().unwrap().remove(field)));
    let invalid = [
        "null".to_owned(),
        "7".to_owned(),
        "\"text\"".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "{".to_owned(),
        String::new(),
        "[".repeat(100_000),
        r#"{"detail-type":"a","detail-type":"b"}"#.to_owned(),
        without("id"),
        without("source"),
        without("detail-type"),
        without("time"),
        without("detail"),
        change(&|event| event["time"] = "yesterday".into()),
        change(&|event| event["id"] = 7.into()),
        change(&|event| event["detail"] = Value::Null),
        change(&|event| event["detail"] = "text".into()),
        change(&|event| event["detail"] = json!({ "data": 7 })),
        change(&|event| event["detail"]["data"]["orderId"] = 7.into()),
        event("o-1").to_string().replace(r#"{"orderId":"o-1"}"#, r#"{"orderId":"o-1","orderId":"o-2"}"#),
        event("o-1").to_string().replace(r#""o-1""#, &format!("{}{}", "[".repeat(1_000), "]".repeat(1_000))),
    ];
    for payload in invalid {
        let (memory, handled, handler) = place_order();
        let response = invoke(&BusFunction { handler }, &payload).await.unwrap();
        assert_eq!(response, json!({ "handled": "buried" }), "{payload:.200}");
        assert_eq!(reasons(&memory), ["MALFORMED"], "{payload:.200}");
        assert_eq!(memory.dead_letters.all()[0].consumer, "order-on-place-order");
        assert!(handled.orders().is_empty());
        let published: Vec<_> = memory.bus.deliveries().into_iter().map(|event| event.detail_type).collect();
        assert_eq!(published, ["ErrorOccurred"]);
    }
}

#[tokio::test]
async fn a_message_of_another_type_is_dead_lettered_as_unknown() {
    let (memory, _, handler) = place_order();
    let mut other = event("o-1");
    other["detail-type"] = "CancelOrder".into();
    invoke(&BusFunction { handler }, &other.to_string()).await.unwrap();
    assert_eq!(reasons(&memory), ["UNKNOWN_MESSAGE"]);
}

#[tokio::test]
async fn two_scheduled_events_of_one_minute_are_the_same_message() {
    let handled = Arc::new(Mutex::new(Vec::new()));
    let messages = Arc::clone(&handled);
    let handler = move |_: App, message: Received<ReportStock>| {
        messages.lock().unwrap().push((message.id.to_string(), message.timestamp.to_string()));
        async { Outcome::Ok(Handled::Done) }
    };
    let handler = MessageHandler::new("inventory-on-report-stock", Memory::new(1).app(), handler);
    let function = BusFunction { handler };
    for (id, time) in
        [("tick-1", "2026-11-21T06:00:00Z"), ("tick-2", "2026-11-21T06:00:00Z"), ("t", "2026-11-22T06:00:00Z")]
    {
        let tick = json!({
            "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
            "time": time, "region": "eu-central-1", "resources": ["arn:aws:events:eu-central-1:1:rule/daily"],
            "detail": {},
        });
        invoke(&function, &tick.to_string()).await.unwrap();
    }
    let handled = handled.lock().unwrap();
    assert_eq!(handled[0], handled[1]);
    assert_ne!(handled[1].0, handled[2].0);
    assert_eq!(handled[2].1, "2026-11-22T06:00:00Z");
}

#[derive(Debug, thiserror::Error)]
#[error("closed")]
struct Closed;

#[test]
fn an_error_type_is_one_stable_word() {
    let stream = StreamId::parse("order/o-1").unwrap();
    let error_type = |failure: Failure| diagnostic(&failure).error_type;
    assert_eq!(error_type(Failure::transient(Closed)), "Retry.Closed");
    assert_eq!(error_type(Failure::permanent(Closed)), "Reject.Closed");
    assert_eq!(error_type(Failure::transient("in words")), "Retry.Failed");
    let deep = causeway::command::load::LoadError::Read(ReadError::Unavailable("no".into()));
    assert_eq!(error_type(Failure::transient(deep)), "Retry.Unavailable");
    let gap = ReadError::Gap { stream: stream.clone(), expected: 1, found: 3 };
    assert_eq!(error_type(Failure::transient(gap)), "Retry.Gap");
    let long = ReadError::Corrupt { stream, version: 1, reason: "x".repeat(10_000) };
    assert_eq!(error_type(Failure::transient(long)), "Retry.Corrupt");
    let unavailable = || ReadError::Unavailable("no route".into());
    let error_message = diagnostic(&Failure::transient(unavailable())).error_message;
    assert_eq!(error_message, format!("{}: no route", unavailable()));
}

/// An SQS batch of these orders; the order `invalid` is no JSON.
fn batch(queue: &str, orders: &[&str]) -> String {
    let record = |(number, order): (usize, &&str)| {
        let body = if *order == "invalid" { "no JSON".to_owned() } else { event(order).to_string() };
        json!({
            "messageId": format!("m-{number}"), "receiptHandle": "r", "body": body,
            "attributes": { "ApproximateReceiveCount": "2" }, "messageAttributes": {},
            "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:eu-central-1:1:{queue}"),
        })
    };
    json!({ "Records": orders.iter().enumerate().map(record).collect::<Vec<Value>>() }).to_string()
}

/// The ids of the failed messages, the orders handled, and the reasons of the dead letters.
async fn consume(queue: &str, orders: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (memory, handled, handler) = place_order();
    let response = invoke(&QueueFunction { handler }, &batch(queue, orders)).await.unwrap();
    let failures = response["batchItemFailures"].as_array().unwrap();
    let failures = failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect();
    (failures, handled.orders(), reasons(&memory))
}

#[tokio::test]
async fn only_the_failed_messages_of_a_batch_are_redelivered() {
    let (failures, handled, _) = consume("orders", &["o-0", "fail-1", "o-2", "fail-3"]).await;
    assert_eq!(failures, ["m-1", "m-3"]);
    assert_eq!(handled, ["o-0", "fail-1", "o-2", "fail-3"]);
}

#[tokio::test]
async fn no_message_after_a_failure_is_handled_on_a_fifo_queue() {
    for position in 0..4 {
        let mut orders = ["o-0", "o-1", "o-2", "o-3"];
        orders[position] = "fail";
        let (failures, handled, _) = consume("orders.fifo", &orders).await;
        assert_eq!(failures, (position..4).map(|number| format!("m-{number}")).collect::<Vec<_>>());
        assert_eq!(handled, orders[..=position]);
    }
}

#[tokio::test]
async fn a_batch_without_failures_reports_none() {
    assert!(consume("orders", &["o-0", "o-1"]).await.0.is_empty());
    assert!(consume("orders", &[]).await.0.is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_event_is_dead_lettered_and_not_redelivered() {
    let (failures, handled, reasons) = consume("orders.fifo", &["o-0", "invalid", "o-2"]).await;
    assert!(failures.is_empty());
    assert_eq!(handled, ["o-0", "o-2"]);
    assert_eq!(reasons, ["MALFORMED"]);
}

#[tokio::test]
async fn a_batch_without_message_ids_fails_as_a_whole() {
    let function = QueueFunction { handler: place_order().2 };
    for payload in ["{}", "null", r#"{"Records":[{"body":"x"}]}"#] {
        assert!(invoke(&function, payload).await.is_err());
    }
}
