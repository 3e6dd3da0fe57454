//! The published crate on the same task: a command that appends one event and updates one view.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::Client;
use bench_book::{
    event::{Book, order_placed},
    peer::{BookEvent, BookRow, OrderBook, metadata},
};
use cqrs_es::{
    Aggregate, EventEnvelope, Query,
    persist::{GenericQuery, PersistedEventRepository, SerializedEvent},
};
use dynamo_es::{DynamoCqrs, DynamoEventRepository, DynamoViewRepository, dynamodb_cqrs, dynamodb_snapshot_cqrs};

use crate::endpoint::{Key, create_table};

/// The table names are given by the crate.
pub const EVENTS: &str = "Events";
const SNAPSHOTS: &str = "Snapshots";
const VIEWS: &str = "book_view";
/// Events between two snapshots, where snapshots are taken.
const SNAPSHOT_EVERY: usize = 20;
/// The most puts of one of its transactions.
const TRANSACTION: u64 = 20;

/// How the crate loads its aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// All events are read for each command: what the crate's guide begins with.
    Events,
    /// A snapshot is taken every so many events.
    Snapshots,
}

/// The crate with its tables.
pub struct Peer {
    framework: DynamoCqrs<OrderBook>,
    failures: Arc<Mutex<Vec<String>>>,
    keeping: Keeping,
    repository: DynamoEventRepository,
}

/// Creates its tables.
pub async fn create_tables(client: &Client) -> Result<(), Box<dyn Error>> {
    create_table(client, EVENTS, &[Key::Text("AggregateTypeAndId"), Key::Number("AggregateIdSequence")]).await?;
    create_table(client, SNAPSHOTS, &[Key::Text("AggregateTypeAndId")]).await?;
    create_table(client, VIEWS, &[Key::Text("ViewId")]).await
}

impl Peer {
    /// The crate on this client, with or without the view.
    pub fn new(client: &Client, keeping: Keeping, with_view: bool) -> Self {
        let failures = Arc::new(Mutex::new(Vec::new()));
        let mut views: Vec<Box<dyn Query<OrderBook>>> = Vec::new();
        if with_view {
            let repository = DynamoViewRepository::<BookRow, OrderBook>::new(VIEWS, client.clone());
            let mut view = GenericQuery::new(Arc::new(repository));
            let failed = failures.clone();
            view.use_error_handler(Box::new(move |error| {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
            }));
            views.push(Box::new(view));
        }
        let framework = match keeping {
            Keeping::Events => dynamodb_cqrs(client.clone(), views, ()),
            Keeping::Snapshots => dynamodb_snapshot_cqrs(client.clone(), views, SNAPSHOT_EVERY, ()),
        };
        Self { framework, failures, keeping, repository: DynamoEventRepository::new(client.clone()) }
    }

    /// Executes one command.
    pub async fn place(&self, id: &str, number: u64) -> Result<(), Box<dyn Error>> {
        let command = format!("0193b2c4-7d10-7a51-9c11-{number:012}");
        self.framework.execute_with_metadata(id, order_placed(number), metadata(&command)).await?;
        match self.failures.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }

    /// Writes a stream of so many events through the crate's own repository, in batches.
    pub async fn seed(&self, id: &str, events: u64) -> Result<(), Box<dyn Error>> {
        let mut book = Book::default();
        for first in (1..=events).step_by(usize::try_from(TRANSACTION)?) {
            let last = (first + TRANSACTION - 1).min(events);
            let serialized = (first..=last).map(|number| {
                let order = order_placed(number);
                book.add(&order);
                let envelope = EventEnvelope::<OrderBook> {
                    aggregate_id: id.to_owned(),
                    sequence: usize::try_from(number)?,
                    payload: BookEvent::OrderPlaced(order),
                    metadata: metadata(&format!("0193b2c4-7d10-7a51-9c11-{number:012}")),
                };
                Ok(SerializedEvent::try_from(&envelope)?)
            });
            let serialized = serialized.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
            // The crate takes a snapshot at every multiple; of a seeded stream only the last one matters.
            let full = last == events && events >= SNAPSHOT_EVERY as u64;
            let snapshot = if full && self.keeping == Keeping::Snapshots {
                let aggregate = OrderBook { book: book.clone() };
                Some((id.to_owned(), serde_json::to_value(aggregate)?, 1))
            } else {
                None
            };
            self.repository.persist::<OrderBook>(&serialized, snapshot).await?;
        }
        Ok(())
    }
}

/// The partition key of a stream's events.
pub fn partition(id: &str) -> String {
    format!("{}:{id}", OrderBook::TYPE)
}
