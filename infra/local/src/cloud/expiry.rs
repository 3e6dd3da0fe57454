//! Items whose time is over on the cloud's clock are deleted as the service deletes them: the stream says who did it.
//! The tables of a folder know only the world's clock, so their items are deleted beside them, page by page.

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

/// How often expired items are looked for, as the clock counts. The cloud itself takes its time, too.
const BETWEEN_SWEEPS: SignedDuration = SignedDuration::from_secs(60);

/// How often the clock is looked at, in the world's time: one that is moved by hand may leap far at once.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// So many items are looked at together, and at most so many deleted while nobody else can write.
const PAGE: usize = 25;

/// So long the others have the tables for themselves after each deletion.
const BREATH: Duration = Duration::from_millis(2);

/// Who deletes what has expired.
const SERVICE: &str = r#"{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#;

/// The cloud's clock as tables in memory read it.
pub(super) struct WorldOfTables {
    clock: Clock,
}

impl WorldOfTables {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock }
    }
}

impl storage_backend::Clock for WorldOfTables {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.clock.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.clock.now().as_duration().as_secs_f64()
    }
}

/// Deletes expired items, from time to time, until it is dropped. The path is that of the tables, if they have one.
pub(super) async fn sweep(database: Database, path: Option<PathBuf>, clock: Clock) {
    let mut last = clock.now();
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let now = clock.now();
        if now.duration_since(last) < BETWEEN_SWEEPS {
            continue;
        }
        last = now;
        let (database, path) = (database.clone(), path.clone());
        let swept = tokio::task::spawn_blocking(move || once(&database, path.as_deref(), now)).await;
        // What a sweep that failed left is found by the next one.
        match swept {
            Ok(Ok(0)) => {}
            Ok(Ok(items)) => tracing::debug!(items, "expired"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted yet"),
            Err(error) => tracing::warn!(%error, "expired items could not be deleted yet"),
        }
    }
}

/// Deletes what has expired now, and says how many items that were.
pub(super) fn once(database: &Database, path: Option<&Path>, now: Timestamp) -> Result<usize, DynoxideError> {
    // In memory the tables read the cloud's clock themselves.
    let Some(path) = path else { return database.sweep_ttl() };
    // Opened anew each time, because it remembers how a table was when it was first seen.
    let storage = Storage::new(&path.to_string_lossy())?;
    let mut deleted = 0;
    for table in storage.list_ttl_enabled_tables()? {
        let mut after: Option<Place> = None;
        loop {
            let place = ScanParams {
                limit: Some(PAGE),
                exclusive_start_pk: after.as_ref().map(|(partition, _)| partition.as_str()),
                exclusive_start_sk: after.as_ref().map(|(_, sort)| sort.as_str()),
                ..ScanParams::default()
            };
            let rows = storage.scan_items(&table.table_name, &place)?;
            let may_have =
                |text: &str| table.ttl_attribute.as_deref().is_some_and(|it| expired(text, it, now).is_some());
            let old = rows.iter().filter(|(_, _, text)| may_have(text));
            let old: Vec<Place> = old.map(|(partition, sort, _)| (partition.clone(), sort.clone())).collect();
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

/// The partition and the sort key of an item, as the tables keep them.
type Place = (String, String);

/// Looks at these items again where nobody else can write, and deletes which of them are still expired then.
pub(super) fn delete_expired(
    storage: &Storage,
    table: &str,
    old: &[Place],
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
    // Who waited for this comes before the next page.
    std::thread::sleep(BREATH);
    deleted
}

fn delete_all(storage: &Storage, table: &str, old: &[Place], now: Timestamp) -> Result<usize, DynoxideError> {
    // The table may have been changed or deleted meanwhile.
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

/// The item, if its time is over. A time that is no number is none, as in the cloud.
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
        Some(SERVICE),
    )
}

/// The names of the indexes of one kind.
fn indexes(definitions: Option<&str>) -> Vec<String> {
    let definitions = definitions.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok()).unwrap_or_default();
    definitions.iter().filter_map(|index| Some(index.get("IndexName")?.as_str()?.to_owned())).collect()
}
