//! The catalogue is whole, and its samples are what the types say.

use std::collections::BTreeSet;

use causeway::{Description, Encoded, Messages, RawValue, message::system::SystemEvent};
use serde_json::{Value, value::to_raw_value};

use super::catalogue;
use crate::{
    fulfilment::{FulfilmentEvent, FulfilmentTimer},
    inventory::{InventoryCommand, InventoryEvent},
    notification::NotificationEvent,
    order::{OrderCommand, OrderEvent},
    stock_report::{StockReportCommand, StockReportEvent},
};

type Read = fn(&str, u32, &RawValue) -> Option<Encoded>;

fn reader<M: Messages>() -> (Vec<Description>, Read) {
    (M::descriptions(), |name, version, data| Some(M::decode(name, version, data).ok()?.encode().unwrap()))
}

fn families() -> Vec<(Vec<Description>, Read)> {
    vec![
        reader::<OrderCommand>(),
        reader::<OrderEvent>(),
        reader::<InventoryCommand>(),
        reader::<InventoryEvent>(),
        reader::<FulfilmentEvent>(),
        reader::<FulfilmentTimer>(),
        reader::<NotificationEvent>(),
        reader::<StockReportCommand>(),
        reader::<StockReportEvent>(),
        reader::<SystemEvent>(),
    ]
}

fn read(name: &str, version: u32, sample: &Value) -> Encoded {
    let data = to_raw_value(sample).unwrap();
    let mut readers = families().into_iter().filter_map(|(_, read)| read(name, version, &data));
    readers.next().unwrap_or_else(|| panic!("no family reads the sample of {name} v{version}: {sample}"))
}

#[test]
fn every_message_is_in_the_catalogue_once() {
    let listed: Vec<&str> = catalogue().iter().map(|entry| entry.description.name).collect();
    let declared: BTreeSet<&str> =
        families().into_iter().flat_map(|(descriptions, _)| descriptions).map(|description| description.name).collect();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), declared);
    assert_eq!(listed.len(), declared.len(), "a message stands twice in the catalogue: {listed:?}");
}

#[test]
fn every_sample_is_what_its_type_writes() {
    for entry in catalogue() {
        let read = read(entry.description.name, entry.description.version, &entry.sample);
        let written: Value = serde_json::from_str(read.data.get()).unwrap();
        assert_eq!(written, entry.sample, "{}", entry.description.name);
    }
}

#[test]
fn every_old_shape_is_there_and_is_read_as_the_newest() {
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
