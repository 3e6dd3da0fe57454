//! One DynamoDB for both sides: dynoxide in this process, on a thread of its own, reached over HTTP.

use std::{error::Error, thread};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Builder, Region},
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use aws_smithy_http_client::Builder as HttpBuilder;
use dynoxide::Database;
use tokio::{net::TcpListener, runtime};

use crate::meter::Meter;

/// A running endpoint.
pub struct Endpoint {
    url: String,
}

/// A table's key attribute.
#[derive(Clone, Copy)]
pub enum Key {
    /// A text of this name.
    Text(&'static str),
    /// A number of this name.
    Number(&'static str),
}

impl Endpoint {
    /// Starts an empty endpoint.
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let database = Database::memory()?;
        let server = runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            server.block_on(async move {
                // Without a listener every request of the measurement fails and says so.
                if let Ok(listener) = TcpListener::from_std(listener) {
                    dynoxide::server::serve_on(listener, database).await;
                }
            });
        });
        Ok(Self { url })
    }

    /// A client, with a meter under it or without.
    pub fn client(&self, meter: Option<&Meter>) -> Client {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("measured", "measured", None, None, "bench"))
            .endpoint_url(&self.url)
            .http_client(HttpBuilder::new().build_http());
        let config = match meter {
            Some(meter) => config.interceptor(meter.clone()),
            None => config,
        };
        Client::from_conf(config.build())
    }
}

/// Creates a table that is paid by the request.
pub async fn create_table(client: &Client, name: &str, keys: &[Key]) -> Result<(), Box<dyn Error>> {
    let mut table = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (key, role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let (attribute, kind) = match *key {
            Key::Text(attribute) => (attribute, ScalarAttributeType::S),
            Key::Number(attribute) => (attribute, ScalarAttributeType::N),
        };
        table = table
            .key_schema(KeySchemaElement::builder().attribute_name(attribute).key_type(role).build()?)
            .attribute_definitions(
                AttributeDefinition::builder().attribute_name(attribute).attribute_type(kind).build()?,
            );
    }
    table.send().await?;
    Ok(())
}
