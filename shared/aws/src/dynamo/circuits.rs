//! Circuits of circuit breakers on DynamoDB: one item of the inbox table for each outside system, replaced under its revision.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use causeway::{
    failure::BoxError,
    gateway::{CircuitStore, Replaced, StoredCircuit},
};

use super::{
    attributes::{Item, item_of, number, read_number, read_text, text},
    inbox::KEY,
    table::{Condition, Table, Written},
};
use crate::capacity::CapacityMeter;

/// The beginning of the keys. No other key of the table begins with it, and the rights of the functions name it.
const PREFIX: &str = "circuit/";
const REVISION: &str = "revision";
const CIRCUIT: &str = "circuit";

/// Circuits on DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoCircuits {
    table: Table,
}

impl DynamoCircuits {
    /// The circuits in `table`.
    pub fn new(client: Client, table: impl Into<String>, capacity: Arc<CapacityMeter>) -> Self {
        Self { table: Table { client, name: table.into(), capacity } }
    }
}

#[async_trait]
impl CircuitStore for DynamoCircuits {
    async fn read(&self, party: &str) -> Result<Option<StoredCircuit>, BoxError> {
        // An old item is enough: every change is conditional.
        let item = self.table.get(item_of([(KEY, text(key_of(party)))]), false).await?;
        item.map(|item| circuit_of(&item)).transpose()
    }

    async fn replace(&self, party: &str, circuit: &StoredCircuit) -> Result<Replaced, BoxError> {
        let item = item_of([
            (KEY, text(key_of(party))),
            (REVISION, number(circuit.revision)),
            (CIRCUIT, text(serde_json::to_string(&circuit.circuit)?)),
        ]);
        let before = circuit.revision.saturating_sub(1);
        let condition = match before {
            0 => Condition { expression: "attribute_not_exists(#key)", names: vec![("#key", KEY)], values: Vec::new() },
            _ => Condition {
                expression: "#revision = :before",
                names: vec![("#revision", REVISION)],
                values: vec![(":before", number(before))],
            },
        };
        match self.table.put(item, Some(condition)).await? {
            Written::Done => Ok(Replaced::Stored),
            Written::ConditionFailed(Some(item)) => Ok(Replaced::Conflict(circuit_of(&item)?)),
            // Somebody has deleted the item.
            Written::ConditionFailed(None) => Ok(Replaced::Conflict(StoredCircuit::NEW)),
        }
    }
}

fn key_of(party: &str) -> String {
    format!("{PREFIX}{party}")
}

fn circuit_of(item: &Item) -> Result<StoredCircuit, BoxError> {
    let circuit = serde_json::from_str(read_text(item, CIRCUIT)?)?;
    Ok(StoredCircuit { revision: read_number(item, REVISION)?, circuit })
}
