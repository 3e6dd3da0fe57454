//! A DynamoDB of the test's own, in memory and inside the test process, reached over HTTP as the real one.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread::JoinHandle,
};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use causeway::{command::cache::Cache, memory::Memory};
use causeway_aws::{
    capacity::CapacityMeter,
    client::{Account, sdk_config},
    dynamo::{DynamoEventStore, DynamoInbox, DynamoOutcomes, DynamoViewStore},
};
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::meter::Meter;

/// The table of the log.
const EVENTS: &str = "causeway-events";
/// The table of the views.
const VIEWS: &str = "causeway-views";
/// The table of the inbox.
const INBOX: &str = "causeway-inbox";

/// The pause before a call is tried again: short, so that tests of faults are.
const FIRST_PAUSE: std::time::Duration = std::time::Duration::from_millis(1);

/// A database with the house's tables. It ends when it is dropped.
pub struct Dynoxide {
    /// The database behind the wire.
    pub database: Database,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

/// The stores on one database.
#[derive(Clone)]
pub struct Stores {
    /// The log.
    pub events: Arc<DynamoEventStore>,
    /// The views.
    pub views: Arc<DynamoViewStore>,
    /// The inbox.
    pub inbox: Arc<DynamoInbox>,
    /// The outcomes of commands.
    pub outcomes: Arc<DynamoOutcomes>,
    /// What they have spent.
    pub units: Arc<CapacityMeter>,
}

impl Dynoxide {
    /// A new database, served on a thread of its own.
    pub fn start() -> Self {
        let database = Database::memory().expect("a database in memory");
        for table in tables() {
            let request = serde_json::from_value(table).expect("a table as the template declares it");
            database.create_table(request).expect("a new table");
        }
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("the port");
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = dynoxide::server::serve_on(listener, served) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { database, address, stop: Some(stop), server: Some(server) }
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client whose requests go through this HTTP client.
    pub fn client(&self, http_client: SharedHttpClient) -> aws_sdk_dynamodb::Client {
        let account = Account {
            region: "eu-central-1".to_owned(),
            credentials: Credentials::new("local", "local", None, None, "tests"),
            endpoint: Some(self.endpoint()),
        };
        let config = sdk_config(&account, http_client);
        let retries = RetryConfig::standard().with_initial_backoff(FIRST_PAUSE);
        aws_sdk_dynamodb::Client::new(&config.to_builder().retry_config(retries).build())
    }

    /// The stores, without a meter.
    pub fn stores(&self) -> Stores {
        self.stores_on(causeway_aws::client::http_client())
    }

    /// The stores, with their requests counted.
    pub fn metered(&self, meter: &Meter) -> Stores {
        self.stores_on(SharedHttpClient::new(meter.clone()))
    }

    fn stores_on(&self, http_client: SharedHttpClient) -> Stores {
        let client = self.client(http_client);
        let units = Arc::new(CapacityMeter::default());
        Stores {
            events: Arc::new(DynamoEventStore::new(client.clone(), EVENTS, INBOX, Arc::clone(&units))),
            views: Arc::new(DynamoViewStore::new(client.clone(), VIEWS, Arc::clone(&units))),
            inbox: Arc::new(DynamoInbox::new(client.clone(), INBOX, Arc::clone(&units))),
            outcomes: Arc::new(DynamoOutcomes::new(client, INBOX, Arc::clone(&units))),
            units,
        }
    }
}

impl Stores {
    /// An app on these stores, with the rest of the memory and a cache of its own.
    pub fn app(&self, memory: &Memory, cached_streams: usize) -> causeway::App {
        causeway::App::new(causeway::Ports {
            store: self.events.clone(),
            views: self.views.clone(),
            inbox: self.inbox.clone(),
            cache: Cache::new(cached_streams),
            ..memory.ports()
        })
    }
}

impl Drop for Dynoxide {
    fn drop(&mut self) {
        // Both fail only when the server has ended already.
        self.stop.take().and_then(|stop| stop.send(()).ok());
        self.server.take().and_then(|server| server.join().ok());
    }
}

/// The tables as the template declares them.
fn tables() -> [Value; 3] {
    let key = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
    let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
    [
        json!({
            "TableName": EVENTS,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("stream", "S"), attribute("version", "N")],
            "KeySchema": [key("stream", "HASH"), key("version", "RANGE")],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        }),
        json!({
            "TableName": VIEWS,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("row", "S"), attribute("list", "S"), attribute("rank", "S")],
            "KeySchema": [key("row", "HASH")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-list",
                "KeySchema": [key("list", "HASH"), key("rank", "RANGE")],
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            }],
        }),
        json!({
            "TableName": INBOX,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("ticket", "S")],
            "KeySchema": [key("ticket", "HASH")],
        }),
    ]
}
