//! Outcomes of commands on DynamoDB: one conditional put into the inbox table for each command from outside.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use causeway::{
    MessageId,
    delivery::{CommandOutcome, OUTCOME_RETENTION, OutcomeError, Outcomes},
    failure::BoxError,
};
use jiff::Timestamp;

use super::{
    attributes::{Item, item_of, number, read_number, read_text, text},
    inbox::{EXPIRES, KEY},
    table::{Condition, Table},
};
use crate::capacity::CapacityMeter;

/// The beginning of the keys. No other key of the table begins with it, and the rights of the functions name it.
const PREFIX: &str = "outcome/";
const RANK: &str = "rank";
const OUTCOME: &str = "outcome";

/// Outcomes on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoOutcomes {
    table: Table,
}

impl DynamoOutcomes {
    /// The outcomes in `table`.
    pub fn new(client: Client, table: impl Into<String>, capacity: Arc<CapacityMeter>) -> Self {
        Self { table: Table { client, name: table.into(), capacity } }
    }
}

#[async_trait]
impl Outcomes for DynamoOutcomes {
    async fn record(&self, outcome: &CommandOutcome) -> Result<(), OutcomeError> {
        let failed = |source| OutcomeError { command: outcome.command_id.clone(), source };
        let (rank, now) = (number(outcome.result.rank()), outcome.at.as_second());
        let item = item_of([
            (KEY, text(key_of(&outcome.command_id))),
            (RANK, rank.clone()),
            (OUTCOME, text(serde_json::to_string(outcome).map_err(|error| failed(error.into()))?)),
            (EXPIRES, number(now.saturating_add(OUTCOME_RETENTION.as_secs()))),
        ]);
        let is_better = Condition {
            expression: "attribute_not_exists(#rank) OR #rank < :rank OR #expires <= :now",
            names: vec![("#rank", RANK), ("#expires", EXPIRES)],
            values: vec![(":rank", rank), (":now", number(now))],
        };
        // If the condition fails, an outcome that is as good is kept.
        self.table.put(item, Some(is_better)).await.map(drop).map_err(failed)
    }

    async fn outcome(&self, command: &MessageId, now: Timestamp) -> Result<Option<CommandOutcome>, OutcomeError> {
        let failed = |source| OutcomeError { command: command.clone(), source };
        let item = self.table.get(item_of([(KEY, text(key_of(command)))]), true).await.map_err(failed)?;
        item.and_then(|item| outcome_of(&item, now).transpose()).transpose().map_err(failed)
    }
}

fn key_of(command: &MessageId) -> String {
    format!("{PREFIX}{command}")
}

/// The outcome of an item; none if it is expired, because DynamoDB deletes expired items late.
fn outcome_of(item: &Item, now: Timestamp) -> Result<Option<CommandOutcome>, BoxError> {
    let expires = read_number(item, EXPIRES)?;
    let outcome = serde_json::from_str(read_text(item, OUTCOME)?)?;
    Ok((i128::from(now.as_second()) < i128::from(expires)).then_some(outcome))
}
