//! Which news belong to a story, and what is said of them.

use serde_json::{Value, json};

use super::*;

fn put(bus_id: &str, name: &str, own_id: &str, correlation: &str, cause: &str) -> Value {
    json!({ "kind": "put", "eventId": bus_id, "event": { "detail-type": name, "detail": {
        "eventId": own_id, "data": { "sku": "cup-77", "quantity": 3 },
        "metadata": { "correlationId": correlation, "causationId": cause } } } })
}

#[test]
fn what_follows_from_the_storys_messages_is_told_with_its_cause_and_without_the_runs_own_names() {
    let (mut memory, mut tally) = (Memory::new("demo-3-77", "77"), Tally::default());
    let begun = json!({ "kind": "put", "eventId": "1", "event": { "detail-type": "ReceiveStock", "detail": {
        "eventId": "demo-3-77-stock-1", "data": { "sku": "cup-77", "quantity": 3 } } } });
    let told = memory.take(&begun, &mut tally).expect("ours");
    assert!(told.text.starts_with("you → ReceiveStock  ") && told.text.ends_with("3 × cup come in"), "{}", told.text);
    let followed = put("2", "StockReceived", "e-1", "demo-3-77-stock-1", "demo-3-77-stock-1");
    let told = memory.take(&followed, &mut tally).expect("ours");
    assert!(told.text.starts_with("ReceiveStock → StockReceived"), "{}", told.text);
    let told = memory.take(&followed, &mut tally).expect("ours");
    assert!(told.text.ends_with("(the same once more)"), "{}", told.text);
    assert_eq!(memory.take(&put("3", "StockReceived", "e-2", "somebody", "else"), &mut tally), None);
    assert_eq!(tally.events, 3);
}

#[test]
fn failures_and_dead_letters_of_the_story_are_marked_and_counted_and_those_of_others_are_not() {
    let (mut memory, mut tally) = (Memory::new("demo-3-77", "77"), Tally::default());
    memory.take(&put("1", "PlaceOrder", "demo-3-77-order-1", "", ""), &mut tally);
    let invoke = |id: &str, outcome: &str| {
        json!({ "kind": "invoke", "eventId": id, "function": "order-on-place-order", "tries": 1, "outcome": outcome,
            "message": "no answer" })
    };
    assert_eq!(memory.take(&invoke("1", "done"), &mut tally), None);
    let failed = memory.take(&invoke("1", "failed"), &mut tally).expect("ours");
    assert_eq!(failed.mark, Mark::Retry);
    assert!(failed.text.contains("order-on-place-order failed: no answer; the next try comes in 1 minute"));
    assert_eq!(memory.take(&invoke("1", "told"), &mut tally).map(|told| told.mark), Some(Mark::GivenUp));
    assert_eq!(memory.take(&invoke("2", "failed"), &mut tally), None);
    let delivery = json!({ "kind": "delivery", "eventId": "1", "target": "f", "outcome": "dropped", "code": "C" });
    assert_eq!(memory.take(&delivery, &mut tally).map(|told| told.mark), Some(Mark::GivenUp));
    assert_eq!((tally.invokes, tally.retries, tally.given_up), (2, 1, 2));
}
