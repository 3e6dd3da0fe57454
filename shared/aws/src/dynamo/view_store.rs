//! The view store on DynamoDB: a patch is one conditional `UpdateItem`; a list is one `Query` of the index, which holds
//! keys only, and one `BatchGetItem` of the rows.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    types::{self, KeysAndAttributes, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use causeway::{
    failure::BoxError,
    view::view_store::{Listed, Page, Patch, PatchError, Row, RowKey, ViewError, ViewStore},
};

use super::{
    attributes::{Item, item_of, read_text, size, text, write_units},
    table::{Condition, Table, Written},
    view_row::{BY_LIST, LIST, ROW, Update, is_at_version, item, key_item, page_token, row, start_key},
};
use crate::capacity::CapacityMeter;

/// The most keys that one `BatchGetItem` takes.
const MAX_BATCH: usize = 100;
/// The most rows of one page.
const MAX_ROWS: u32 = 1000;

/// The view store on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoViewStore {
    table: Table,
}

impl DynamoViewStore {
    /// The views in `table`.
    pub fn new(client: Client, table: impl Into<String>, capacity: Arc<CapacityMeter>) -> Self {
        Self { table: Table { client, name: table.into(), capacity } }
    }

    /// The first `limit` keys of a page in the index.
    async fn keys(&self, view: &str, list: &str, page: &Page, limit: usize) -> Result<Vec<Item>, ViewError> {
        let mut after = page.after.as_deref().map(|token| start_key(view, list, token)).transpose()?;
        let mut keys = Vec::new();
        loop {
            let missing = limit.saturating_sub(keys.len());
            let query = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .index_name(BY_LIST)
                .key_condition_expression("#list = :list")
                .expression_attribute_names("#list", LIST)
                .expression_attribute_values(":list", text(format!("{view}/{list}")))
                .scan_index_forward(!page.newest_first)
                .set_limit(i32::try_from(missing).ok())
                .set_exclusive_start_key(after)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let found = query.send().await.map_err(unavailable)?;
            self.table.capacity.read(found.consumed_capacity());
            keys.extend(found.items.unwrap_or_default());
            after = found.last_evaluated_key;
            if after.is_none() || keys.len() >= limit {
                return Ok(keys);
            }
        }
    }

    /// The write of an update in a transaction.
    fn write(
        &self,
        key: &RowKey,
        update: Update,
        condition: Option<&Condition>,
    ) -> Result<TransactWriteItem, ViewError> {
        let (expression, names, values) = expressions(update, condition);
        let update = types::Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key_item(key)))
            .update_expression(expression)
            .set_condition_expression(condition.map(|condition| condition.expression.to_owned()))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder().update(update.build().map_err(unavailable)?).build())
    }

    /// The rows with these names, as far as they exist.
    async fn rows(&self, names: &[String]) -> Result<HashMap<String, Row>, ViewError> {
        let mut rows = HashMap::new();
        for names in names.chunks(MAX_BATCH) {
            let mut keys: Vec<Item> = names.iter().map(|name| item_of([(ROW, text(name))])).collect();
            while !keys.is_empty() {
                let requested = keys.len();
                let request = KeysAndAttributes::builder().set_keys(Some(keys)).build().map_err(unavailable)?;
                let batch = self.table.client.batch_get_item().request_items(&self.table.name, request);
                let batch = batch.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
                let mut batch = batch.map_err(unavailable)?;
                self.table.capacity.read(batch.consumed_capacity());
                for item in batch.responses.take().unwrap_or_default().into_values().flatten() {
                    let (key, row) = row(&item)?;
                    rows.insert(key.to_string(), row);
                }
                let unprocessed = batch.unprocessed_keys.take().unwrap_or_default();
                keys = unprocessed.into_values().flat_map(|left| left.keys).collect();
                // A batch without any row is throttled. All others make progress, so the loop ends.
                if keys.len() >= requested {
                    return Err(unavailable(format!("all {requested} rows of a batch are unprocessed")));
                }
            }
        }
        Ok(rows)
    }
}

#[async_trait]
impl ViewStore for DynamoViewStore {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        let condition = is_at_version(from);
        let (expression, names, values) = expressions(Update::of(key, to, patch), Some(&condition));
        let bytes = size(&values);
        let call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key_item(key)))
            .update_expression(expression)
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match call.send().await {
            Ok(written) => {
                self.table.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    self.table.capacity.failed_condition(write_units(failed.item().map_or(bytes, size)));
                    Err(moved(key, failed.item()))
                }
                _ => Err(unavailable(error).into()),
            },
        }
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        match self.table.put(item(key, row), Some(is_at_version(from))).await {
            Ok(Written::Done) => Ok(()),
            Ok(Written::ConditionFailed(found)) => Err(moved(key, found.as_ref())),
            Err(error) => Err(unavailable(error).into()),
        }
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        let condition = is_at_version(from);
        let guarded = self.write(guard, Update::of(guard, to, &Patch::none()), Some(&condition))?;
        let patched = patches.iter().map(|(key, patch)| self.write(key, Update::of_any_version(key, patch), None));
        let writes = std::iter::once(Ok(guarded)).chain(patched).collect::<Result<Vec<_>, ViewError>>()?;
        let least = 2 * writes.len();
        let call = self.table.client.transact_write_items().set_transact_items(Some(writes));
        match call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Ok(written) => {
                self.table.capacity.wrote(written.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    self.table.capacity.failed_condition(least);
                    let reasons = cancelled.cancellation_reasons();
                    match reasons.iter().find_map(|reason| Some((reason.code()?, reason.item()))) {
                        Some(("ConditionalCheckFailed", found)) => Err(moved(guard, found)),
                        _ if reasons.iter().any(|reason| reason.code() == Some("TransactionConflict")) => {
                            Err(PatchError::Busy { key: guard.clone() })
                        }
                        _ => Err(unavailable(error).into()),
                    }
                }
                _ => Err(unavailable(error).into()),
            },
        }
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        let item = self.table.get(key_item(key), false).await.map_err(unavailable)?;
        item.map(|item| Ok(row(&item)?.1)).transpose()
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        let limit = page.limit.clamp(1, MAX_ROWS) as usize;
        let keys = self.keys(view, list, page, limit + 1).await?;
        let corrupt = |reason| ViewError::Corrupt { what: format!("{view}/{list}"), reason };
        let names = keys.iter().take(limit).map(|key| Ok(read_text(key, ROW).map_err(corrupt)?.to_owned()));
        let names = names.collect::<Result<Vec<String>, ViewError>>()?;
        let mut found = self.rows(&names).await?;
        let more = keys.len() > limit;
        let next = keys.get(limit.saturating_sub(1)).filter(|_| more).map(page_token).transpose()?;
        // The index is eventually consistent: a row that has left the list is not part of it.
        let rows = names.iter().filter_map(|name| {
            let row = found.remove(name)?;
            let (_, id) = name.split_once('/')?;
            row.position.as_ref().is_some_and(|position| position.list == list).then(|| (id.to_owned(), row))
        });
        Ok(Listed { rows: rows.collect(), next })
    }
}

/// An update expression under a condition, with the names and values of both.
fn expressions(update: Update, condition: Option<&Condition>) -> (String, HashMap<String, String>, Item) {
    let expression = update.expression();
    let (mut names, mut values) = (update.names, update.values);
    names.extend(condition.map(Condition::names).unwrap_or_default());
    values.extend(condition.and_then(Condition::values).unwrap_or_default());
    (expression, names, values)
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
