//! No context is forgotten, and a state comes out as its decider folds it.

use std::collections::BTreeSet;

use causeway::{
    Encoded, Kind,
    message::{contract::Message as _, system::CommandRejected},
};
use serde_json::{json, value::to_raw_value};

use super::streams;
use crate::catalogue;

#[test]
fn every_context_that_records_facts_has_its_fold() {
    let recorded: BTreeSet<&str> = catalogue()
        .iter()
        .filter(|entry| entry.description.kind == Kind::Event && entry.description.context != CommandRejected::CONTEXT)
        .map(|entry| entry.description.context)
        .collect();
    let contexts: Vec<&str> = streams().iter().map(|fold| fold.context).collect();
    assert_eq!(contexts.iter().copied().collect::<BTreeSet<_>>(), recorded, "domain::streams() and the catalogue");
    assert_eq!(contexts.len(), recorded.len(), "a context stands twice in domain::streams()");
}

#[test]
fn a_state_is_folded_from_events_of_any_version_and_what_is_no_event_is_refused() {
    let fold = streams().into_iter().find(|fold| fold.context == "inventory").unwrap();
    let mut shelf = fold.begin();
    let event = |name: &str, data| Encoded { name: name.to_owned(), version: 1, data: to_raw_value(&data).unwrap() };
    shelf.follow(&event("StockReceived", json!({ "sku": "mug", "quantity": 40 }))).unwrap();
    let reserved = json!({ "sku": "mug", "orderId": "o-1", "quantity": 2 });
    shelf.follow(&event("StockReserved", reserved)).unwrap();
    assert_eq!(shelf.state().unwrap(), json!({ "available": 38, "open": { "o-1": 2 }, "shipped": 0, "closed": [] }));
    shelf.follow(&event("OrderPlaced", json!({}))).unwrap_err();
    assert_eq!(shelf.state().unwrap()["available"], 38);

    let orders = streams().into_iter().find(|fold| fold.context == "order").unwrap();
    let old = catalogue().into_iter().find(|entry| entry.description.name == "OrderPlaced").unwrap().old;
    let mut order = orders.begin();
    order.follow(&event("OrderPlaced", old[0].sample.clone())).unwrap();
    assert_ne!(order.state().unwrap(), orders.begin().state().unwrap());
}
