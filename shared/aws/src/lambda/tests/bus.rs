//! Functions woken by a rule.

use std::{error::Error, fmt};

use causeway::{App, Failure, Handled, Outcome, Received, StreamId, log::event_store::ReadError, memory::Memory};
use serde_json::{Value, json};

use super::{HandledOrders, ReportStock, answer, event, reasons};
use crate::lambda::{bus::BusFunction, error_response::diagnostic, message_handler::MessageHandler};

#[tokio::test]
async fn a_message_is_heard_and_answered() {
    let (memory, handled) = (Memory::new(1), HandledOrders::default());
    let function = BusFunction::new(MessageHandler::new("order-on-place-order", memory.app(), handled.handler()));
    assert_eq!(answer(&function, &event("o-1").to_string()).await.unwrap(), json!({ "handled": "done" }));
    assert_eq!(handled.orders(), ["o-1"]);
    assert_eq!(handled.ids(), ["11111111-aaaa-bbbb-cccc-000000000001"]);
}

#[tokio::test]
async fn a_failure_that_may_pass_is_an_error_with_a_readable_type() {
    let (memory, handled) = (Memory::new(1), HandledOrders::default());
    let function = BusFunction::new(MessageHandler::new("order-on-place-order", memory.app(), handled.handler()));
    let error = answer(&function, &event("fail").to_string()).await.unwrap_err();
    assert_eq!(error.error_type, "Retry.Failed");
    assert_eq!(error.error_message, "the world is not ready");
    assert!(memory.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn what_is_no_event_is_kept_with_its_reason_and_never_heard() {
    let change = |change: &dyn Fn(&mut Value)| {
        let mut event = event("o-1");
        change(&mut event);
        event.to_string()
    };
    let without = |field: &'static str| change(&|event| drop(event.as_object_mut().unwrap().remove(field)));
    let strange = [
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
    for payload in strange {
        let (memory, handled) = (Memory::new(1), HandledOrders::default());
        let function = BusFunction::new(MessageHandler::new("order-on-place-order", memory.app(), handled.handler()));
        let answered = answer(&function, &payload).await.unwrap();
        assert_eq!(answered, json!({ "handled": "buried" }), "{payload:.200}");
        assert_eq!(reasons(&memory), ["MALFORMED"], "{payload:.200}");
        let letter = &memory.dead_letters.letters()[0];
        assert_eq!(letter.consumer, "order-on-place-order");
        assert!(handled.orders().is_empty());
        assert!(memory.bus.deliveries().is_empty());
    }
}

#[tokio::test]
async fn another_message_than_the_functions_own_is_unknown_to_it() {
    let (memory, handled) = (Memory::new(1), HandledOrders::default());
    let function = BusFunction::new(MessageHandler::new("order-on-place-order", memory.app(), handled.handler()));
    let mut other = event("o-1");
    other["detail-type"] = "CancelOrder".into();
    answer(&function, &other.to_string()).await.unwrap();
    assert_eq!(reasons(&memory), ["UNKNOWN_MESSAGE"]);
}

#[tokio::test]
async fn two_ticks_of_one_minute_are_the_same_message() {
    let memory = Memory::new(1);
    let handled = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let listening = std::sync::Arc::clone(&handled);
    let handler = move |_: App, message: Received<ReportStock>| {
        listening.lock().unwrap().push((message.id.to_string(), message.timestamp.to_string()));
        async { Outcome::Ok(Handled::Done) }
    };
    let function = BusFunction::new(MessageHandler::new("inventory-on-report-stock", memory.app(), handler));
    for (id, time) in
        [("tick-1", "2026-11-21T06:00:00Z"), ("tick-2", "2026-11-21T06:00:00Z"), ("t", "2026-11-22T06:00:00Z")]
    {
        let tick = json!({
            "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
            "time": time, "region": "eu-central-1", "resources": ["arn:aws:events:eu-central-1:1:rule/daily"],
            "detail": {},
        });
        answer(&function, &tick.to_string()).await.unwrap();
    }
    let handled = handled.lock().unwrap();
    assert_eq!(handled[0], handled[1]);
    assert_ne!(handled[1].0, handled[2].0);
    assert_eq!(handled[2].1, "2026-11-22T06:00:00Z");
}

#[derive(Debug)]
struct Sleepy;

impl fmt::Display for Sleepy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("asleep")
    }
}

impl Error for Sleepy {}

#[test]
fn the_type_of_an_error_is_one_stable_word() {
    let stream = StreamId::parse("order/o-1").unwrap();
    let kind = |failure: Failure| diagnostic(&failure).error_type;
    assert_eq!(kind(Failure::transient(Sleepy)), "Retry.Sleepy");
    assert_eq!(kind(Failure::permanent(Sleepy)), "Reject.Sleepy");
    assert_eq!(kind(Failure::transient("in words")), "Retry.Failed");
    let deep = causeway::command::load::LoadError::Read(ReadError::Unavailable("no".into()));
    assert_eq!(kind(Failure::transient(deep)), "Retry.Unavailable");
    let gap = ReadError::Gap { stream: stream.clone(), expected: 1, found: 3 };
    assert_eq!(kind(Failure::transient(gap)), "Retry.Gap");
    let long = ReadError::Corrupt { stream, version: 1, reason: "x".repeat(10_000) };
    assert_eq!(kind(Failure::transient(long)), "Retry.Corrupt");
    let told = diagnostic(&Failure::transient(ReadError::Unavailable("no route".into())));
    assert_eq!(told.error_message, "the log did not answer: no route");
}
