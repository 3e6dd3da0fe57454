//! The views on DynamoDB: a patch is one conditional `UpdateItem`, a list one `Query` of an index of keys and one
//! `BatchGetItem` of the rows.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{KeysAndAttributes, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure},
};
use causeway::{
    failure::BoxError,
    view::view_store::{Listed, Page, Patch, PatchError, Row, RowKey, ViewError, ViewStore},
};

use super::{
    attributes::{Item, read_text, size, text, write_units},
    page_token::{mark, start_key},
    row_item::{BY_LIST, LIST, ROW, item, key_item, position_of, row},
    row_patch::{Update, VersionCondition},
};
use crate::capacity::CapacityMeter;

/// The most keys one `BatchGetItem` takes.
const BATCH: usize = 100;
/// The most rows of one page.
const MOST_ROWS: u32 = 1000;

/// The views on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoViewStore {
    client: Client,
    table: String,
    capacity: Arc<CapacityMeter>,
}

impl DynamoViewStore {
    /// The views in `table`.
    pub fn new(client: Client, table: impl Into<String>, capacity: Arc<CapacityMeter>) -> Self {
        Self { client, table: table.into(), capacity }
    }

    /// The keys of a page's rows, and one more if there is one.
    async fn keys(&self, view: &str, list: &str, page: &Page, most: usize) -> Result<Vec<Item>, ViewError> {
        let mut after = page.after.as_deref().map(|mark| start_key(view, list, mark)).transpose()?;
        let mut keys = Vec::new();
        loop {
            let missing = most.saturating_sub(keys.len());
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(BY_LIST)
                .key_condition_expression("#list = :list")
                .expression_attribute_names("#list", LIST)
                .expression_attribute_values(":list", text(format!("{view}/{list}")))
                .scan_index_forward(!page.newest_first)
                .set_limit(i32::try_from(missing).ok())
                .set_exclusive_start_key(after)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let answer = query.send().await.map_err(unavailable)?;
            self.capacity.read(answer.consumed_capacity());
            keys.extend(answer.items.unwrap_or_default());
            after = answer.last_evaluated_key;
            if after.is_none() || keys.len() >= most {
                return Ok(keys);
            }
        }
    }

    /// The rows of these keys, as far as they are there.
    async fn rows(&self, ids: &[String]) -> Result<HashMap<String, Row>, ViewError> {
        let mut rows = HashMap::new();
        for ids in ids.chunks(BATCH) {
            let mut keys: Vec<Item> = ids.iter().map(|id| [(ROW.to_owned(), text(id))].into()).collect();
            while !keys.is_empty() {
                let asked = keys.len();
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).build().map_err(unavailable)?;
                let batch = self
                    .client
                    .batch_get_item()
                    .request_items(&self.table, wanted)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total);
                let mut answer = batch.send().await.map_err(unavailable)?;
                self.capacity.read(answer.consumed_capacity());
                for item in answer.responses.take().unwrap_or_default().into_values().flatten() {
                    let (key, row) = row(&item)?;
                    rows.insert(key.to_string(), row);
                }
                let left_out = answer.unprocessed_keys.take().unwrap_or_default();
                keys = left_out.into_values().flat_map(|left| left.keys).collect();
                // Each answer must bring something, so this ends; one that brings nothing is throttled.
                if keys.len() >= asked {
                    return Err(unavailable(format!("all {asked} rows were left out of a batch")));
                }
            }
        }
        Ok(rows)
    }
}

#[async_trait]
impl ViewStore for DynamoViewStore {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        let update = Update::of(key, to, patch);
        let expression = update.expression();
        let condition = VersionCondition::version(from);
        let mut values = update.values;
        values.extend(condition.value.map(|(name, value)| (name.to_owned(), value)));
        let bytes = size(&values);
        let mut names: HashMap<String, String> = update.names.into_iter().collect();
        names.insert(condition.name.0.to_owned(), condition.name.1.to_owned());
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_item(key)))
            .update_expression(expression)
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match call.send().await {
            Ok(written) => {
                self.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    self.capacity.failed_condition(write_units(refused.item().map_or(bytes, size)));
                    Err(moved(key, refused.item()))
                }
                _ => Err(unavailable(error).into()),
            },
        }
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        let condition = VersionCondition::version(from);
        let item = item(key, row);
        let bytes = size(&item);
        let mut call = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition.expression)
            .expression_attribute_names(condition.name.0, condition.name.1)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some((name, value)) = condition.value {
            call = call.expression_attribute_values(name, value);
        }
        match call.send().await {
            Ok(written) => {
                self.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    self.capacity.failed_condition(write_units(bytes));
                    Err(moved(key, refused.item()))
                }
                _ => Err(unavailable(error).into()),
            },
        }
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        let call = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key_item(key)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = call.send().await.map_err(unavailable)?;
        self.capacity.read(answer.consumed_capacity());
        answer.item().map(|item| Ok(row(item)?.1)).transpose()
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        let limit = page.limit.clamp(1, MOST_ROWS) as usize;
        let keys = self.keys(view, list, page, limit + 1).await?;
        let corrupt = |reason| ViewError::Corrupt { what: format!("{view}/{list}"), reason };
        let ids = keys.iter().take(limit).map(|key| Ok(read_text(key, ROW).map_err(corrupt)?.to_owned()));
        let ids = ids.collect::<Result<Vec<String>, ViewError>>()?;
        let mut found = self.rows(&ids).await?;
        let more = keys.len() > limit;
        let next = keys.get(limit.saturating_sub(1)).filter(|_| more).map(mark_of).transpose()?;
        // The index runs behind: a row that has left the list since is not shown in it.
        let rows = ids.iter().filter_map(|name| {
            let row = found.remove(name)?;
            let (_, id) = name.split_once('/')?;
            row.position.as_ref().is_some_and(|place| place.list == list).then(|| (id.to_owned(), row))
        });
        Ok(Listed { rows: rows.collect(), next })
    }
}

fn mark_of(key: &Item) -> Result<String, ViewError> {
    let (key, place) = position_of(key)?;
    Ok(mark(&place.map(|place| place.sort_key).unwrap_or_default(), &key.id))
}

fn moved(key: &RowKey, found: Option<&Item>) -> PatchError {
    match found.map(row).transpose() {
        Ok(found) => PatchError::Moved { key: key.clone(), found: found.map(|(_, row)| row) },
        Err(error) => error.into(),
    }
}

fn unavailable(error: impl Into<BoxError>) -> ViewError {
    ViewError::Unavailable(error.into())
}
