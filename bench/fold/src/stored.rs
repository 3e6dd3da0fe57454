//! A stream as each crate stores it, read back as the SDK gives it.

use std::{collections::HashMap, error::Error};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use bench_store::{
    endpoint::Endpoint,
    ours::{self, Ours},
    peer::{self, Keeping, Peer},
};

/// An item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The same stream in both forms.
pub(crate) struct Stored {
    /// As Causeway stores it.
    pub(crate) ours: Vec<Item>,
    /// As the published crate stores it.
    pub(crate) peer: Vec<Item>,
}

/// Writes a stream of so many events with each crate and reads its items.
pub(crate) async fn write_both(events: u64) -> Result<Stored, Box<dyn Error>> {
    let endpoint = Endpoint::start()?;
    let client = endpoint.client(None);
    ours::create_tables(&client).await?;
    peer::create_tables(&client).await?;
    Ours::new(&client, 1, false).seed("folded", events).await?;
    Peer::new(&client, Keeping::Events, false).seed("folded", events).await?;
    Ok(Stored { ours: items(&client, ours::EVENTS).await?, peer: items(&client, peer::EVENTS).await? })
}

async fn items(client: &Client, table: &str) -> Result<Vec<Item>, Box<dyn Error>> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let page = client.scan().table_name(table).set_exclusive_start_key(after).send().await?;
        items.extend(page.items.unwrap_or_default());
        after = page.last_evaluated_key;
        if after.is_none() {
            return Ok(items);
        }
    }
}
