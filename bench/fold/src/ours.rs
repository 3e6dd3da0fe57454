//! From the item to the state with Causeway.

use std::error::Error;

use bench_book::{
    event::Book,
    ours::{BookEvent, OrderBook},
};
use causeway::{Encoded, Messages, command::decider};
use causeway_aws::dynamo::commit_of;

use crate::stored::Item;

/// From the items.
pub(crate) fn fold_items(items: &[Item]) -> Result<Book, Box<dyn Error>> {
    let mut book = Book::default();
    for item in items {
        let events = commit_of(item)?.decode::<BookEvent>()?;
        book = decider::fold::<OrderBook>(book, &events);
    }
    Ok(book)
}

/// The items without their snapshots.
pub(crate) fn without_snapshots(items: &[Item]) -> Vec<Item> {
    let mut bare = items.to_vec();
    for item in &mut bare {
        item.retain(|name, _| !["state", "shape", "recent"].contains(&name.as_str()));
    }
    bare
}

/// The encoded events.
pub(crate) fn bodies(items: &[Item]) -> Result<Vec<Encoded>, Box<dyn Error>> {
    let mut bodies = Vec::new();
    for item in items {
        bodies.extend(commit_of(item)?.events);
    }
    Ok(bodies)
}

/// From the encoded events.
pub(crate) fn fold_bodies(bodies: &[Encoded]) -> Result<Book, Box<dyn Error>> {
    let mut book = Book::default();
    for body in bodies {
        let event = BookEvent::decode(&body.name, body.version, &body.data)?;
        book = decider::fold::<OrderBook>(book, [&event]);
    }
    Ok(book)
}

/// The events.
pub(crate) fn events(bodies: &[Encoded]) -> Result<Vec<BookEvent>, Box<dyn Error>> {
    bodies.iter().map(|body| Ok(BookEvent::decode(&body.name, body.version, &body.data)?)).collect()
}

/// From the events.
pub(crate) fn fold(events: &[BookEvent]) -> Book {
    decider::fold::<OrderBook>(Book::default(), events)
}
