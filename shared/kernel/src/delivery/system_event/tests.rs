//! What the technical events say, and that no report leads to another one.

use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    Delivery,
    delivery::receive,
    memory::Memory,
    testing::tests::{minute, raw},
};

fn dead_letter(message: Value) -> DeadLetter {
    DeadLetter {
        reason: "MALFORMED".to_owned(),
        explanation: "x".repeat(5_000),
        consumer: "ward-on-lamp-lit".to_owned(),
        at: minute(3),
        message: raw(&message),
    }
}

fn reported(memory: &Memory) -> Vec<Delivery> {
    memory.bus.deliveries()
}

#[test]
fn a_dead_letter_is_reported_with_its_message_and_reason_under_the_same_id_each_time() {
    let memory = Memory::new(1);
    let letter = dead_letter(json!({
        "id": "transport-1", "source": "causeway.lamp", "detail-type": "LampLit",
        "detail": { "eventId": "m-1", "metadata": { "correlationId": "c-1", "hops": 4 }, "data": 5 },
    }));
    for _ in 0..2 {
        block_on(report_dead_letter(&memory.ports(), &letter));
    }
    let events: Vec<_> = reported(&memory).iter().map(|event| receive::<ErrorOccurred>(event).unwrap()).collect();
    assert_eq!(events[0].id, events[1].id);
    let (event, metadata) = (&events[0].data, &events[0].metadata);
    assert_eq!((event.message.as_str(), event.message_id.as_str()), ("LampLit", "m-1"));
    assert_eq!((event.consumer.as_str(), event.reason.as_str()), ("ward-on-lamp-lit", "MALFORMED"));
    assert_eq!(event.explanation.len(), MAX_EXPLANATION);
    let ids = (metadata.correlation_id.as_str(), metadata.causation_id.as_str());
    assert_eq!((ids, metadata.hops, events[0].timestamp), (("c-1", "m-1"), 5, minute(3)));
}

#[test]
fn a_dead_letter_of_anything_is_reported() {
    for message in [
        json!("no JSON at all"),
        json!({ "id": "a b", "source": 5, "detail-type": {}, "detail": "text" }),
        json!({ "detail": { "eventId": "", "metadata": { "hops": -1, "correlationId": [] } } }),
        json!({ "id": "transport-1", "detail": { "metadata": { "hops": u64::MAX } } }),
    ] {
        let memory = Memory::new(1);
        block_on(report_dead_letter(&memory.ports(), &dead_letter(message.clone())));
        let events = reported(&memory);
        assert_eq!(events.len(), 1, "{message}");
        receive::<ErrorOccurred>(&events[0]).unwrap_or_else(|error| panic!("{message}: {error}"));
    }
}

#[test]
fn a_dead_letter_of_a_technical_event_is_not_reported() {
    let memory = Memory::new(1);
    let message = json!({ "id": "t-1", "source": "causeway.system", "detail-type": "ErrorOccurred", "detail": {} });
    block_on(report_dead_letter(&memory.ports(), &dead_letter(message)));
    assert!(reported(&memory).is_empty());
}

#[test]
fn a_cold_start_is_published_with_the_function_and_an_id_of_its_own() {
    let memory = Memory::new(1);
    for _ in 0..2 {
        block_on(report_start(&memory.ports(), "order-on-place-order"));
    }
    let events: Vec<_> = reported(&memory).iter().map(|event| receive::<ServiceStarted>(event).unwrap()).collect();
    assert_eq!(events[0].data.function, "order-on-place-order");
    assert_ne!(events[0].id, events[1].id);
    assert!(reported(&memory).iter().all(|event| event.source == "causeway.system"));
}
