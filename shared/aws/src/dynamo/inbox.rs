//! The inbox on DynamoDB: a claim is one conditional write whose answer says what stood there before.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use causeway::{
    delivery::inbox::{Claim, INBOX_RETENTION, Inbox, InboxError, InboxKey},
    failure::BoxError,
};
use jiff::Timestamp;

use super::{
    attributes::{Item, number, read_number, read_text, size, text, write_units},
    marker::{EXPIRES, TICKET},
};
use crate::capacity::CapacityMeter;

const STATE: &str = "state";
const UNTIL: &str = "until";
const OPEN: &str = "open";
const CLOSED: &str = "closed";

/// The inbox on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoInbox {
    client: Client,
    table: String,
    capacity: Arc<CapacityMeter>,
}

/// What became of a write.
enum Written {
    /// It is written; this stood there before.
    Over(Option<Item>),
    /// It is not, because of this.
    Refused(Option<Item>),
}

impl DynamoInbox {
    /// The inbox in `table`.
    pub fn new(client: Client, table: impl Into<String>, capacity: Arc<CapacityMeter>) -> Self {
        Self { client, table: table.into(), capacity }
    }

    /// Writes the ticket's item, if the guard lets it.
    async fn write(&self, key: &InboxKey, item: Item, guard: Option<Guard>) -> Result<Written, InboxError> {
        let units = write_units(size(&item));
        let mut call = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some(guard) = guard {
            call = call
                .condition_expression(guard.expression)
                .set_expression_attribute_names(Some(guard.names))
                .set_expression_attribute_values(Some(guard.values));
        }
        match call.send().await {
            Ok(written) => {
                self.capacity.wrote(written.consumed_capacity());
                Ok(Written::Over(written.attributes))
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    self.capacity.failed_condition(units);
                    Ok(Written::Refused(refused.item().cloned()))
                }
                _ => Err(failed(key, error)),
            },
        }
    }
}

/// A condition.
struct Guard {
    expression: &'static str,
    names: HashMap<String, String>,
    values: Item,
}

impl Guard {
    fn new<const N: usize, const V: usize>(
        expression: &'static str,
        names: [(&str, &str); N],
        values: [(&str, AttributeValue); V],
    ) -> Self {
        Self {
            expression,
            names: names.map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned())).into(),
            values: values.map(|(placeholder, value)| (placeholder.to_owned(), value)).into(),
        }
    }
}

#[async_trait]
impl Inbox for DynamoInbox {
    async fn claim(&self, key: &InboxKey, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError> {
        let guard = Guard::new(
            "attribute_not_exists(#state) OR #expires <= :second OR (#state = :open AND #until <= :now)",
            [("#state", STATE), ("#until", UNTIL), ("#expires", EXPIRES)],
            [(":open", text(OPEN)), (":now", number(now.as_nanosecond())), (":second", number(now.as_second()))],
        );
        match self.write(key, item(key, OPEN, until, now), Some(guard)).await? {
            Written::Over(before) => {
                let remembered = before.filter(|before| is_remembered(before, now));
                Ok(if remembered.is_some() { Claim::Resumed } else { Claim::First })
            }
            Written::Refused(Some(holder)) => match read_text(&holder, STATE) {
                Ok(CLOSED) => Ok(Claim::Completed),
                Ok(OPEN) => Ok(Claim::Held),
                Ok(other) => Err(failed(key, format!("{STATE} is {other}"))),
                Err(reason) => Err(failed(key, reason)),
            },
            Written::Refused(None) => Err(failed(key, "the refusal does not say what stands there")),
        }
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.write(key, item(key, CLOSED, now, now), None).await?;
        Ok(())
    }

    async fn abandon(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        let guard =
            Guard::new("attribute_not_exists(#state) OR #state = :open", [("#state", STATE)], [(":open", text(OPEN))]);
        // A refusal means that it is closed, and so it stays.
        self.write(key, item(key, OPEN, now, now), Some(guard)).await?;
        Ok(())
    }

    async fn forget(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        let guard = Guard::new("#state = :open", [("#state", STATE)], [(":open", text(OPEN))]);
        // What is forgotten already counts for nothing, and no right to delete is needed.
        let mut forgotten = item(key, OPEN, now, now);
        forgotten.insert(EXPIRES.to_owned(), number(now.as_second()));
        self.write(key, forgotten, Some(guard)).await?;
        Ok(())
    }
}

fn item(key: &InboxKey, state: &str, until: Timestamp, touched: Timestamp) -> Item {
    // Rounded up: never forgotten too early.
    let begun = i64::from(touched.subsec_nanosecond() > 0);
    let expires = touched.as_second().saturating_add(INBOX_RETENTION.as_secs()).saturating_add(begun);
    let attributes = [
        (TICKET, text(key.to_string())),
        (STATE, text(state)),
        (UNTIL, number(until.as_nanosecond())),
        (EXPIRES, number(expires)),
    ];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn is_remembered(before: &Item, now: Timestamp) -> bool {
    // What says no end is remembered: asking once more is the safe side.
    let expires = read_number(before, EXPIRES).ok().and_then(|expires| i64::try_from(expires).ok());
    expires.is_none_or(|expires| expires > now.as_second())
}

fn failed(key: &InboxKey, source: impl Into<BoxError>) -> InboxError {
    InboxError { key: key.clone(), source: source.into() }
}
