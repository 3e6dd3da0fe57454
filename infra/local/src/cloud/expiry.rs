//! Time to live: deletes items that have expired on the cloud's clock, with the stream record that DynamoDB writes.
//! Tables in a folder know only the machine's clock, so their items are deleted here, page by page.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use dynoxide::{
    AttributeValue, Database, Item, TableMetadata,
    errors::DynoxideError,
    storage::{ScanParams, Storage},
    storage_backend, streams,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::clock::Clock;

/// Time between two sweeps, on the cloud's clock. DynamoDB deletes with a delay, too.
const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// Real time between two checks of the clock, which may be advanced far at once.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Number of items that are read together, and deleted at most in one transaction.
const PAGE: usize = 25;

/// Pause after each transaction, in which other writers get the database.
const PAUSE: Duration = Duration::from_millis(2);

/// The `userIdentity` of a TTL deletion in the stream record.
const TTL_IDENTITY: &str = r#"{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#;

/// The cloud's clock for tables in memory.
pub(super) struct TableClock {
    clock: Clock,
}

impl TableClock {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock }
    }
}

impl storage_backend::Clock for TableClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.clock.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.clock.now().as_duration().as_secs_f64()
    }
}

/// Deletes expired items periodically, until the future is dropped. `path` is the file of the tables, if they have one.
pub(super) async fn sweep(database: Database, path: Option<PathBuf>, clock: Clock) {
    let mut last = clock.now();
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let now = clock.now();
        if now.duration_since(last) < SWEEP_INTERVAL {
            continue;
        }
        last = now;
        let (database, path) = (database.clone(), path.clone());
        let swept = tokio::task::spawn_blocking(move || sweep_once(&database, path.as_deref(), now)).await;
        // The next sweep finds what a failed one left.
        match swept {
            Ok(Ok(0)) => {}
            Ok(Ok(items)) => tracing::debug!(items, "expired"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted yet"),
            Err(error) => tracing::warn!(%error, "expired items could not be deleted yet"),
        }
    }
}

/// Deletes the expired items and returns their number.
pub(super) fn sweep_once(database: &Database, path: Option<&Path>, now: Timestamp) -> Result<usize, DynoxideError> {
    // Tables in memory read the cloud's clock themselves.
    let Some(path) = path else { return database.sweep_ttl() };
    // Opened for each sweep, because it caches the definition of a table.
    let storage = Storage::new(&path.to_string_lossy())?;
    let mut deleted = 0;
    for table in storage.list_ttl_enabled_tables()? {
        let mut after: Option<ItemKey> = None;
        loop {
            let params = ScanParams {
                limit: Some(PAGE),
                exclusive_start_pk: after.as_ref().map(|(partition, _)| partition.as_str()),
                exclusive_start_sk: after.as_ref().map(|(_, sort)| sort.as_str()),
                ..ScanParams::default()
            };
            let rows = storage.scan_items(&table.table_name, &params)?;
            let may_have =
                |text: &str| table.ttl_attribute.as_deref().is_some_and(|it| expired(text, it, now).is_some());
            let old = rows.iter().filter(|(_, _, text)| may_have(text));
            let old: Vec<ItemKey> = old.map(|(partition, sort, _)| (partition.clone(), sort.clone())).collect();
            deleted += delete_expired(&storage, &table.table_name, &old, now)?;
            let is_last = rows.len() < PAGE;
            after = rows.into_iter().next_back().map(|(partition, sort, _)| (partition, sort));
            if is_last {
                break;
            }
        }
    }
    Ok(deleted)
}

/// The encoded partition key and sort key of an item.
type ItemKey = (String, String);

/// Reads these items again in a transaction, and deletes those that are still expired.
pub(super) fn delete_expired(
    storage: &Storage,
    table: &str,
    old: &[ItemKey],
    now: Timestamp,
) -> Result<usize, DynoxideError> {
    if old.is_empty() {
        return Ok(0);
    }
    storage.begin_transaction()?;
    let deleted = delete_all(storage, table, old, now);
    match deleted {
        Ok(_) => storage.commit()?,
        Err(_) => storage.rollback()?,
    }
    // Writers that waited for the transaction come before the next page.
    std::thread::sleep(PAUSE);
    deleted
}

fn delete_all(storage: &Storage, table: &str, old: &[ItemKey], now: Timestamp) -> Result<usize, DynoxideError> {
    // The table may have been changed or deleted since.
    let tables = storage.list_ttl_enabled_tables()?;
    let Some(table) = tables.iter().find(|known| known.table_name == table) else { return Ok(0) };
    let attribute = table.ttl_attribute.as_deref().unwrap_or_default();
    let mut deleted = 0;
    for (partition, sort) in old {
        let text = storage.get_item(&table.table_name, partition, sort)?;
        if let Some(item) = text.and_then(|text| expired(&text, attribute, now)) {
            delete(storage, table, (partition, sort), &item, now)?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// The item, if it has expired. An attribute that is not a number never expires, as in DynamoDB.
fn expired(text: &str, attribute: &str, now: Timestamp) -> Option<Item> {
    let item: Item = serde_json::from_str(text).ok()?;
    let Some(AttributeValue::N(number)) = item.get(attribute) else { return None };
    let is_over = number.parse::<i64>().is_ok_and(|expires| (0..now.as_second()).contains(&expires));
    is_over.then_some(item)
}

fn delete(
    storage: &Storage,
    table: &TableMetadata,
    (partition, sort): (&str, &str),
    item: &Item,
    now: Timestamp,
) -> Result<(), DynoxideError> {
    let name = &table.table_name;
    storage.delete_item(name, partition, sort)?;
    for index in indexes(table.gsi_definitions.as_deref()) {
        storage.delete_gsi_item(name, &index, partition, sort)?;
    }
    for index in indexes(table.lsi_definitions.as_deref()) {
        storage.delete_lsi_item(name, &index, partition, sort)?;
    }
    for index in indexes(table.vector_index_definitions.as_deref()) {
        storage.delete_vector_item(name, &index, partition, sort)?;
    }
    if !table.stream_enabled {
        return Ok(());
    }
    let written = |value: &Item| serde_json::to_string(value).unwrap_or_default();
    let keys = written(&streams::extract_keys(item, &table.key_schema));
    let shows_old = matches!(table.stream_view_type.as_deref(), None | Some("OLD_IMAGE" | "NEW_AND_OLD_IMAGES"));
    let old = shows_old.then(|| written(item));
    let number = storage.next_stream_sequence_number(name)?.to_string();
    let (shard, at) = (streams::shard_id(name), now.as_second());
    storage.insert_stream_record_with_identity(
        name,
        "REMOVE",
        &keys,
        None,
        old.as_deref(),
        &number,
        &shard,
        at,
        Some(TTL_IDENTITY),
    )
}

/// The names of these indexes.
fn indexes(definitions: Option<&str>) -> Vec<String> {
    let definitions = definitions.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok()).unwrap_or_default();
    definitions.iter().filter_map(|index| Some(index.get("IndexName")?.as_str()?.to_owned())).collect()
}
