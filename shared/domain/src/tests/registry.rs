//! The registry is complete, its samples have the shapes of their types, and it folds states as the deciders do.

use std::collections::BTreeSet;

use causeway::{Encoded, Kind, Message as _, command::dyn_fold::StreamFold, message::system::CommandRejected};
use serde_json::{Value, json, value::to_raw_value};

use crate::{catalogue, contexts, families};

fn read(name: &str, version: u32, sample: &Value) -> Encoded {
    let data = to_raw_value(sample).unwrap();
    let mut readers = families().into_iter().filter_map(|family| (family.upcast)(name, version, &data).ok());
    readers.next().unwrap_or_else(|| panic!("no family reads the sample of {name} v{version}: {sample}"))
}

#[test]
fn every_message_is_in_the_catalogue_once() {
    let listed: Vec<&str> = catalogue().iter().map(|entry| entry.description.name).collect();
    let declared: BTreeSet<&str> =
        families().into_iter().flat_map(|family| family.descriptions).map(|message| message.name).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), declared);
    assert_eq!(listed.len(), declared.len(), "a message is in the catalogue twice: {listed:?}");
}

#[test]
fn every_sample_is_what_its_type_serializes() {
    for entry in catalogue() {
        let read = read(entry.description.name, entry.description.version, &entry.sample);
        let written: Value = serde_json::from_str(read.data.get()).unwrap();
        assert_eq!(written, entry.sample, "{}", entry.description.name);
    }
}

#[test]
fn every_old_version_has_a_sample_and_is_upcast_to_the_newest() {
    for entry in catalogue() {
        let versions: Vec<u32> = entry.old.iter().map(|old| old.version).collect();
        let expected: Vec<u32> = (1..entry.description.version).collect();
        assert_eq!(versions, expected, "{}", entry.description.name);
        for old in &entry.old {
            let read = read(entry.description.name, old.version, &old.sample);
            assert_eq!(read.version, entry.description.version);
        }
    }
}

#[test]
fn every_sample_has_the_fields_that_its_schema_requires() {
    for entry in catalogue() {
        let schemas = entry.old.iter().map(|old| ((old.schema)(), &old.sample));
        for (schema, sample) in schemas.chain([((entry.description.schema)(), &entry.sample)]) {
            let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            for field in required {
                assert!(sample.get(field.as_str().unwrap()).is_some(), "{} lacks {field}", entry.description.name);
            }
        }
    }
}

#[test]
fn every_context_with_events_is_in_the_registry_once() {
    let recorded: BTreeSet<&str> = catalogue()
        .iter()
        .filter(|entry| entry.description.kind == Kind::Event && entry.description.context != CommandRejected::CONTEXT)
        .map(|entry| entry.description.context)
        .collect();
    let contexts: Vec<&str> = contexts().iter().map(|context| context.name).collect();
    assert_eq!(contexts.iter().copied().collect::<BTreeSet<_>>(), recorded, "domain::contexts() and the catalogue");
    assert_eq!(contexts.len(), recorded.len(), "a context is twice in domain::contexts()");
}

fn fold_of(name: &str) -> StreamFold {
    contexts().into_iter().find(|context| context.name == name).unwrap().fold
}

#[test]
fn a_state_is_folded_from_events_of_any_version_and_an_unknown_event_is_an_error() {
    let fold = fold_of("inventory");
    let mut stock = fold.begin();
    let event = |name: &str, data| Encoded { name: name.to_owned(), version: 1, data: to_raw_value(&data).unwrap() };
    stock.follow(&event("StockReceived", json!({ "sku": "mug", "quantity": 40 }))).unwrap();
    let reserved = json!({ "sku": "mug", "orderId": "o-1", "quantity": 2 });
    stock.follow(&event("StockReserved", reserved)).unwrap();
    assert_eq!(stock.state().unwrap(), json!({ "available": 38, "open": { "o-1": 2 }, "shipped": 0, "closed": [] }));
    stock.follow(&event("OrderPlaced", json!({}))).unwrap_err();
    assert_eq!(stock.state().unwrap()["available"], 38);

    let orders = fold_of("order");
    let old = catalogue().into_iter().find(|entry| entry.description.name == "OrderPlaced").unwrap().old;
    let mut order = orders.begin();
    order.follow(&event("OrderPlaced", old[0].sample.clone())).unwrap();
    assert_ne!(order.state().unwrap(), orders.begin().state().unwrap());
}
