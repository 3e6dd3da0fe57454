//! A table with its capacity meter: conditional puts and gets, as all stores make them.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure},
};
use causeway::failure::BoxError;

use super::attributes::{Item, size, write_units};
use crate::capacity::CapacityMeter;

#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) capacity: Arc<CapacityMeter>,
}

/// A condition expression and its placeholders.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) expression: &'static str,
    /// Placeholders of attribute names, such as `("#stream", "stream")`.
    pub(super) names: Vec<(&'static str, &'static str)>,
    /// Placeholders of values, such as `(":now", 7)`.
    pub(super) values: Vec<(&'static str, AttributeValue)>,
}

/// The result of a conditional write.
pub(super) enum Written {
    /// It is written.
    Done,
    /// The condition failed; the item that failed it.
    ConditionFailed(Option<Item>),
}

impl Condition {
    pub(super) fn names(&self) -> HashMap<String, String> {
        self.names.iter().map(|(placeholder, name)| ((*placeholder).to_owned(), (*name).to_owned())).collect()
    }

    /// The values; none if there are no placeholders, because DynamoDB rejects an empty map.
    pub(super) fn values(&self) -> Option<Item> {
        let values = self.values.iter().map(|(placeholder, value)| ((*placeholder).to_owned(), value.clone()));
        Some(values.collect::<Item>()).filter(|values| !values.is_empty())
    }
}

impl Table {
    /// Puts an item under a condition.
    pub(super) async fn put(&self, item: Item, condition: Option<Condition>) -> Result<Written, BoxError> {
        let units = write_units(size(&item));
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition.as_ref().map(|condition| condition.expression.to_owned()))
            .set_expression_attribute_names(condition.as_ref().map(Condition::names))
            .set_expression_attribute_values(condition.as_ref().and_then(Condition::values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match call.send().await {
            Ok(written) => {
                self.capacity.wrote(written.consumed_capacity());
                Ok(Written::Done)
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    self.capacity.failed_condition(units);
                    Ok(Written::ConditionFailed(failed.item().cloned()))
                }
                _ => Err(error.into()),
            },
        }
    }

    /// Gets the item of a key.
    pub(super) async fn get(&self, key: Item, consistent: bool) -> Result<Option<Item>, BoxError> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(consistent);
        let response = call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await?;
        self.capacity.read(response.consumed_capacity());
        Ok(response.item)
    }
}
