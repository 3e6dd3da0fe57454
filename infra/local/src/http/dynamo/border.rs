//! What the database answers otherwise than DynamoDB, and how it is changed on the way in and out: the region in its ARNs,
//! tables that are given by ARN, the fields of tables and streams, and the body of a failed condition.

use std::collections::BTreeMap;

use axum::body::Bytes;
use dynoxide::{Database, actions::describe_table::DescribeTableRequest, errors::DynoxideError};
use serde_json::{Map, Value, json};

use super::{
    shard_ids,
    stream_view::{self, StreamView, TAG},
};
use crate::{arn::AccountRegion, page_token};

/// How the ARNs of the database begin.
const DATABASE_PREFIX: &str = "arn:aws:dynamodb:dynoxide:000000000000:";
/// How the ARNs of all tables begin. A request without it names no table by its ARN.
const ARN_PREFIX: &[u8] = b"arn:aws:dynamodb:";

/// The operations that may name several tables.
const BATCHES: [&str; 2] = ["BatchGetItem", "BatchWriteItem"];

/// The border between the database and the callers of one account and region.
#[derive(Clone)]
pub(super) struct Border {
    account_region: AccountRegion,
    database: Database,
}

/// A request as the database takes it.
pub(super) struct Request {
    pub(super) body: Bytes,
    /// The names that a batch gave to its tables, by their names in the database.
    given: BTreeMap<String, String>,
}

impl Border {
    pub(super) fn new(account_region: AccountRegion, database: Database) -> Self {
        Self { account_region, database }
    }

    /// The request with tables by name, with the shard ids of the database, and with streams of both images.
    pub(super) fn request(&self, operation: &str, body: Bytes) -> Result<Request, DynoxideError> {
        let (body, given) = match self.with_names(operation, &body) {
            Some((body, given)) => (Bytes::from(body), given),
            None => (body, BTreeMap::new()),
        };
        let body = match operation {
            "CreateTable" | "UpdateTable" => self.with_both_images(operation, &body)?.map_or(body, Bytes::from),
            _ => shard_ids::shortened(operation, &body).map_or(body, Bytes::from),
        };
        Ok(Request { body, given })
    }

    fn with_both_images(&self, operation: &str, body: &[u8]) -> Result<Option<Vec<u8>>, DynoxideError> {
        // The database refuses what is no JSON.
        let Ok(request) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
        let changed = match (operation, request.get("TableName").and_then(Value::as_str).map(str::to_owned)) {
            ("UpdateTable", Some(table)) => stream_view::tagged(&self.database, &table, request)?,
            _ => stream_view::stored(request),
        };
        Ok(Some(changed.to_string().into_bytes()))
    }

    /// The records after an iterator of ours.
    pub(super) fn records(&self, mut request: Value) -> Result<Value, DynoxideError> {
        let invalid = || DynoxideError::ValidationException("Invalid ShardIterator".to_owned());
        let iterator = request.get("ShardIterator").and_then(Value::as_str).and_then(page_token::decode);
        let (table, iterator) = iterator.as_deref().and_then(|it| it.split_once(' ')).ok_or_else(invalid)?;
        request["ShardIterator"] = iterator.into();
        let request = serde_json::from_value(request).map_err(|_| invalid())?;
        let page = StreamView::of(&self.database, table)?.page(self.database.get_records(request)?);
        let mut answer = serde_json::to_value(page).map_err(internal)?;
        for record in answer.get_mut("Records").and_then(Value::as_array_mut).into_iter().flatten() {
            record["awsRegion"] = self.account_region.region.as_str().into();
        }
        if let Some(next) = answer.get_mut("NextShardIterator") {
            *next = iterator_of(table, next);
        }
        Ok(answer)
    }

    fn prefix(&self) -> String {
        self.account_region.arn("dynamodb", "")
    }

    /// The name of the table of this ARN, or the text itself.
    fn table_name<'t>(&self, given: &'t str) -> &'t str {
        let table = given.strip_prefix(&self.prefix()).and_then(|rest| rest.strip_prefix("table/"));
        table.filter(|table| !table.contains('/')).unwrap_or(given)
    }

    /// The body with the names of its tables instead of their ARNs, if that changes it. In batches an answer has the
    /// names that were given.
    fn with_names(&self, operation: &str, body: &[u8]) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
        if !body.windows(ARN_PREFIX.len()).any(|part| part == ARN_PREFIX) {
            return None;
        }
        let mut request: Value = serde_json::from_slice(body).ok()?;
        let mut given = BTreeMap::new();
        self.name_table(&mut request);
        let transaction = request.get_mut("TransactItems").and_then(Value::as_array_mut).into_iter().flatten();
        for action in transaction.filter_map(Value::as_object_mut).flat_map(|actions| actions.values_mut()) {
            self.name_table(action);
        }
        if BATCHES.contains(&operation)
            && let Some(items) = request.get_mut("RequestItems").and_then(Value::as_object_mut)
        {
            let named = std::mem::take(items).into_iter().map(|(table, items)| {
                let name = self.table_name(&table).to_owned();
                given.insert(name.clone(), table);
                (name, items)
            });
            *items = named.collect();
        }
        for field in ["StreamArn", "ExclusiveStartStreamArn", "ResourceArn"] {
            if let Some(arn) = request.get_mut(field)
                && let Some(rest) = arn.as_str().and_then(|arn| arn.strip_prefix(&self.prefix()))
            {
                *arn = format!("{DATABASE_PREFIX}{rest}").into();
            }
        }
        Some((request.to_string().into_bytes(), given))
    }

    fn name_table(&self, holder: &mut Value) {
        if let Some(table) = holder.get_mut("TableName")
            && let Some(given) = table.as_str()
        {
            *table = self.table_name(given).into();
        }
    }

    /// Whether the answers of the operation may have to be changed.
    pub(super) fn changes(operation: &str, request: &Request) -> bool {
        !request.given.is_empty() || !has_items(operation)
    }

    /// The answer of the database as DynamoDB writes it, if it can be read.
    pub(super) fn answer(&self, operation: &str, request: &Request, body: &[u8]) -> Option<Vec<u8>> {
        let mut answer: Value = serde_json::from_slice(body).ok()?;
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let table = asked.get("TableName").or_else(|| asked.get("StreamArn")).and_then(Value::as_str);
        let table = table.map(|given| given.split('/').nth(1).unwrap_or(given)).unwrap_or_default();
        // A table that is deleted has no view any more.
        let view = StreamView::of(&self.database, table);
        for field in ["Table", "TableDescription"] {
            let Some(description) = answer.get_mut(field) else { continue };
            if let Ok(view) = &view {
                view.show_in(description, "/StreamSpecification/StreamViewType");
            }
            if let Some(description) = description.as_object_mut() {
                describe_table(operation, description);
            }
        }
        match operation {
            "DescribeStream" => {
                if let Ok(view) = &view {
                    view.show_in(&mut answer, "/StreamDescription/StreamViewType");
                }
                self.describe_stream(&mut answer, table, asked.get("ExclusiveStartShardId"));
                shard_ids::lengthen(&mut answer);
            }
            "GetShardIterator" => {
                if let Some(iterator) = answer.get_mut("ShardIterator") {
                    *iterator = iterator_of(table, iterator);
                }
            }
            "ListTagsOfResource" => {
                if let Some(tags) = answer.get_mut("Tags").and_then(Value::as_array_mut) {
                    tags.retain(|tag| tag.get("Key").and_then(Value::as_str) != Some(TAG));
                }
            }
            _ => rename_tables(&mut answer, &request.given),
        }
        Some(self.with_arns(operation, answer.to_string()).into_bytes())
    }

    /// The error of the database as DynamoDB writes it, if it can be read.
    pub(super) fn error(&self, operation: &str, body: &[u8]) -> Option<Vec<u8>> {
        let text = failed_condition(body).unwrap_or_else(|| body.to_vec());
        Some(self.with_arns(operation, String::from_utf8(text).ok()?).into_bytes())
    }

    /// Items may have any text, so only answers without items are changed as a text.
    fn with_arns(&self, operation: &str, text: String) -> String {
        match has_items(operation) {
            true => text,
            false => text.replace(DATABASE_PREFIX, &self.prefix()),
        }
    }

    /// The key of the table, and an open shard: it has a start and no end. Shards up to `after` are left out.
    fn describe_stream(&self, answer: &mut Value, table: &str, after: Option<&Value>) {
        let described = self.database.describe_table(DescribeTableRequest { table_name: table.to_owned() });
        let Some(stream) = answer.get_mut("StreamDescription") else { return };
        if let Ok(described) = described {
            stream["KeySchema"] = json!(described.table.key_schema);
        }
        let Some(shards) = stream.get_mut("Shards").and_then(Value::as_array_mut) else { return };
        for range in shards.iter_mut().filter_map(|shard| shard.get_mut("SequenceNumberRange")?.as_object_mut()) {
            range.remove("EndingSequenceNumber");
            range.entry("StartingSequenceNumber").or_insert(json!(stream_view::FIRST_SEQUENCE_NUMBER));
        }
        if after.is_some() {
            let position = shards.iter().position(|shard| shard.get("ShardId") == after);
            shards.drain(..position.map_or(shards.len(), |position| position + 1));
        }
    }
}

/// Whether the answers of the operation have items of tables.
fn has_items(operation: &str) -> bool {
    let is_about_streams = matches!(operation, "ListStreams" | "DescribeStream" | "GetShardIterator");
    !is_about_streams && !operation.contains("Table") && !operation.contains("Tag")
}

fn internal(error: serde_json::Error) -> DynoxideError {
    DynoxideError::InternalServerError(error.to_string())
}

/// An iterator of the database with the name of its table, which `GetRecords` needs to know.
fn iterator_of(table: &str, iterator: &Value) -> Value {
    page_token::encode(&format!("{table} {}", iterator.as_str().unwrap_or_default())).into()
}

/// The body of a failed condition as DynamoDB writes it.
pub(super) fn failed_condition(body: &[u8]) -> Option<Vec<u8>> {
    let mut error: Map<String, Value> = serde_json::from_slice(body).ok()?;
    error.get("__type")?.as_str().filter(|kind| kind.ends_with("#ConditionalCheckFailedException"))?;
    let message = error.remove("message")?;
    error.insert("Message".to_owned(), message);
    Some(Value::from(error).to_string().into_bytes())
}

fn describe_table(operation: &str, table: &mut Map<String, Value>) {
    table.entry("DeletionProtectionEnabled").or_insert(json!(false));
    match operation {
        "DeleteTable" => {
            for gone in ["AttributeDefinitions", "CreationDateTime", "KeySchema", "StreamSpecification"] {
                table.remove(gone);
            }
        }
        "DescribeTable" | "UpdateTable" => {
            let is_on_demand = table.get("BillingModeSummary").and_then(|mode| mode.get("BillingMode"))
                == Some(&json!("PAY_PER_REQUEST"));
            let provisioned = |field: &str| table.get("ProvisionedThroughput").and_then(|it| it.get(field)).cloned();
            let units = |field: &str, on_demand: u32| match is_on_demand {
                true => json!(on_demand),
                false => provisioned(field).unwrap_or_else(|| json!(on_demand)),
            };
            let throughput = json!({
                "ReadUnitsPerSecond": units("ReadCapacityUnits", 12_000),
                "WriteUnitsPerSecond": units("WriteCapacityUnits", 4_000),
                "Status": "ACTIVE",
            });
            table.entry("WarmThroughput").or_insert(throughput);
        }
        _ => {}
    }
}

/// Gives the tables of a batch the names that the request gave them.
fn rename_tables(answer: &mut Value, given: &BTreeMap<String, String>) {
    for field in ["Responses", "UnprocessedItems", "UnprocessedKeys"] {
        if let Some(tables) = answer.get_mut(field).and_then(Value::as_object_mut) {
            let named = std::mem::take(tables).into_iter();
            *tables = named.map(|(table, items)| (given.get(&table).cloned().unwrap_or(table), items)).collect();
        }
    }
}
