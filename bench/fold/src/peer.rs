//! From the item to the state with the published crates: what `dynamo-es` does with an item (its own function for it
//! is private), then the conversion and the fold of `cqrs-es`.

use std::error::Error;

use bench_book::{
    event::Book,
    peer::{BookEvent, OrderBook},
};
use cqrs_es::{Aggregate, EventEnvelope, persist::SerializedEvent};
use serde_json::Value;

use crate::stored::Item;

/// An event's two blobs: payload and metadata.
pub(crate) struct Payload {
    payload: Vec<u8>,
    metadata: Vec<u8>,
}

/// From the items.
pub(crate) fn fold_items(items: &[Item]) -> Result<Book, Box<dyn Error>> {
    let mut aggregate = OrderBook::default();
    for item in items {
        let serialized = SerializedEvent {
            aggregate_id: text(item, "AggregateId")?,
            sequence: number(item, "AggregateIdSequence")?,
            aggregate_type: text(item, "AggregateType")?,
            event_type: text(item, "EventType")?,
            event_version: text(item, "EventVersion")?,
            payload: serde_json::from_slice(blob(item, "Payload")?)?,
            metadata: serde_json::from_slice(blob(item, "Metadata")?)?,
        };
        aggregate.apply(EventEnvelope::<OrderBook>::try_from(serialized)?.payload);
    }
    Ok(aggregate.book)
}

/// The events' blobs.
pub(crate) fn payloads(items: &[Item]) -> Result<Vec<Payload>, Box<dyn Error>> {
    let payloads = items.iter().map(|item| {
        Ok(Payload { payload: blob(item, "Payload")?.to_vec(), metadata: blob(item, "Metadata")?.to_vec() })
    });
    payloads.collect()
}

/// From the blobs. The metadata is read too: without it there is no `SerializedEvent`.
pub(crate) fn fold_payloads(payloads: &[Payload]) -> Result<Book, Box<dyn Error>> {
    let mut aggregate = OrderBook::default();
    for payload in payloads {
        aggregate.apply(event(payload)?);
    }
    Ok(aggregate.book)
}

/// The events.
pub(crate) fn events(payloads: &[Payload]) -> Result<Vec<BookEvent>, Box<dyn Error>> {
    payloads.iter().map(event).collect()
}

/// From the events.
pub(crate) fn fold(events: Vec<BookEvent>) -> Book {
    let mut aggregate = OrderBook::default();
    for event in events {
        aggregate.apply(event);
    }
    aggregate.book
}

fn event(payload: &Payload) -> Result<BookEvent, Box<dyn Error>> {
    let serialized = SerializedEvent {
        aggregate_id: String::new(),
        sequence: 1,
        aggregate_type: String::new(),
        event_type: String::new(),
        event_version: String::new(),
        payload: serde_json::from_slice::<Value>(&payload.payload)?,
        metadata: serde_json::from_slice::<Value>(&payload.metadata)?,
    };
    Ok(EventEnvelope::<OrderBook>::try_from(serialized)?.payload)
}

fn text(item: &Item, name: &str) -> Result<String, String> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.cloned().ok_or_else(|| format!("{name} is not a string"))
}

fn number(item: &Item, name: &str) -> Result<usize, String> {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    value.and_then(|number| number.parse().ok()).ok_or_else(|| format!("{name} is not a number"))
}

fn blob<'a>(item: &'a Item, name: &str) -> Result<&'a [u8], String> {
    let value = item.get(name).and_then(|value| value.as_b().ok());
    value.map(|blob| blob.as_ref()).ok_or_else(|| format!("{name} is not binary"))
}
