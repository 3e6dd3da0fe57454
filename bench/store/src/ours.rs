//! Causeway on the same task: a command that appends one event and updates one view, on the adapters of the functions.

use std::{error::Error, sync::Arc};

use aws_sdk_dynamodb::Client;
use bench_book::{
    event::{OrderPlaced, order_placed},
    ours::{BookRow, OrderBook},
};
use causeway::{
    App, Cause, Decider, Id, MessageId, Ports, Received, StreamId, command::cache::Cache, memory::Memory,
    time::clock::Clock,
};
use causeway_aws::{
    capacity::CapacityMeter,
    clock::{OsIds, SystemClock},
    dynamo::{DynamoEventStore, DynamoViewStore},
};

use crate::endpoint::{Key, create_table};

/// The events table.
pub const EVENTS: &str = "causeway-events";
const VIEWS: &str = "causeway-views";
const INBOX: &str = "causeway-inbox";

/// Causeway with its tables.
pub struct Ours {
    app: App,
    with_view: bool,
}

/// Creates its tables.
pub async fn create_tables(client: &Client) -> Result<(), Box<dyn Error>> {
    create_table(client, EVENTS, &[Key::Text("stream"), Key::Number("version")]).await?;
    create_table(client, VIEWS, &[Key::Text("row")]).await
}

impl Ours {
    /// Causeway on this client, with a cache of so many streams, and with or without the view.
    pub fn new(client: &Client, cached_streams: usize, with_view: bool) -> Self {
        let capacity = Arc::new(CapacityMeter::default());
        let ports = Ports {
            store: Arc::new(DynamoEventStore::new(client.clone(), EVENTS, INBOX, capacity.clone())),
            views: Arc::new(DynamoViewStore::new(client.clone(), VIEWS, capacity)),
            clock: Arc::new(SystemClock),
            ids: Arc::new(OsIds),
            cache: Cache::new(cached_streams),
            ..Memory::new(0).ports()
        };
        Self { app: App::new(ports), with_view }
    }

    /// Executes one command.
    pub async fn place(&self, id: &str, number: u64) -> Result<(), Box<dyn Error>> {
        let id = Id::<OrderBook>::new(id)?;
        let mut cause = Cause::new(MessageId::new(format!("0193b2c4-7d10-7a51-9c11-{number:012}"))?, "PlaceOrder");
        cause.metadata.user_id = Some("u-4711".to_owned());
        let order = order_placed(number);
        let executed = self.app.try_execute::<OrderBook>(&id, &order, &cause).await?;
        if self.with_view {
            self.project(&id, executed.version, order, &cause).await?;
        }
        Ok(())
    }

    /// Writes a stream of so many events, one command each, and projects its row.
    pub async fn seed(&self, id: &str, events: u64) -> Result<(), Box<dyn Error>> {
        let writer = Self { app: self.app.clone(), with_view: false };
        for number in 1..=events {
            writer.place(id, number).await?;
        }
        if self.with_view {
            let cause = Cause::new(MessageId::new("seeded")?, "PlaceOrder");
            self.project(&Id::new(id)?, events, order_placed(events), &cause).await?;
        }
        Ok(())
    }

    async fn project(
        &self,
        id: &Id<OrderBook>,
        version: u64,
        data: OrderPlaced,
        cause: &Cause,
    ) -> Result<(), Box<dyn Error>> {
        let event = Received {
            id: cause.command.derived(&version.to_string()),
            stream: Some(StreamId::new(OrderBook::CONTEXT, id)),
            version: Some(version),
            timestamp: SystemClock.now(),
            data,
            metadata: cause.metadata.clone(),
        };
        self.app.project::<BookRow>(&event).await.map_err(|failure| format!("{failure:?}"))?;
        Ok(())
    }
}
