//! The book of orders on `cqrs-es`, as its own guide shows it.

use std::{collections::HashMap, convert::Infallible};

use cqrs_es::{Aggregate, DomainEvent, EventEnvelope, View, event_sink::EventSink};
use serde::{Deserialize, Serialize};

use crate::event::{Book, OrderPlaced};

/// The events of a book of orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BookEvent {
    /// An order was placed.
    OrderPlaced(OrderPlaced),
}

impl DomainEvent for BookEvent {
    fn event_type(&self) -> String {
        "OrderPlaced".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// The aggregate.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OrderBook {
    /// The state.
    pub book: Book,
}

impl Aggregate for OrderBook {
    const TYPE: &'static str = "book";
    type Command = OrderPlaced;
    type Event = BookEvent;
    type Error = Infallible;
    type Services = ();

    async fn handle(&mut self, command: OrderPlaced, (): &(), sink: &EventSink<Self>) -> Result<(), Infallible> {
        sink.write(BookEvent::OrderPlaced(command), self).await;
        Ok(())
    }

    fn apply(&mut self, event: BookEvent) {
        let BookEvent::OrderPlaced(order) = event;
        self.book.add(&order);
    }
}

/// The view of a book: its last order and the total of all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BookRow {
    /// The row.
    pub book: Book,
}

impl View<OrderBook> for BookRow {
    fn update(&mut self, event: &EventEnvelope<OrderBook>) {
        let BookEvent::OrderPlaced(order) = &event.payload;
        self.book.add(order);
    }
}

/// The metadata that Causeway's envelope has too.
pub fn metadata(command: &str) -> HashMap<String, String> {
    let pairs = [
        ("correlationId", command),
        ("causationId", command),
        ("userId", "u-4711"),
        ("timestamp", "2026-11-21T10:30:00.123Z"),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
