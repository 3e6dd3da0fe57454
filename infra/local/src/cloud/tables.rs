//! The tables of a stack: made when they are not there, left as they are when they are.

use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::describe_time_to_live::DescribeTimeToLiveRequest;
use dynoxide::actions::update_time_to_live::TimeToLiveSpecification;
use dynoxide::actions::update_time_to_live::UpdateTimeToLiveRequest;
use dynoxide::errors::DynoxideError;

use super::CloudError;
use crate::template::Table;

/// How often expired items are looked for. The cloud itself takes its time, too.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(60);

/// Makes what is missing.
pub(super) fn make(database: &Database, tables: &[Table]) -> Result<(), CloudError> {
    for table in tables {
        let refused = |source| CloudError::Table { line: table.line, name: table.name.clone(), source };
        if !is_there(database, &table.name).map_err(refused)? {
            let request = serde_json::from_value(table.create.clone());
            let unreadable = |source| CloudError::TableRequest { line: table.line, name: table.name.clone(), source };
            database.create_table(request.map_err(unreadable)?).map_err(refused)?;
        }
        if let Some(attribute) = &table.expiry_attribute {
            expire(database, &table.name, attribute).map_err(refused)?;
        }
    }
    Ok(())
}

fn is_there(database: &Database, table: &str) -> Result<bool, DynoxideError> {
    match database.describe_table(DescribeTableRequest { table_name: table.to_owned() }) {
        Ok(_) => Ok(true),
        Err(DynoxideError::ResourceNotFoundException(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn expire(database: &Database, table: &str, attribute: &str) -> Result<(), DynoxideError> {
    let known = database.describe_time_to_live(DescribeTimeToLiveRequest { table_name: table.to_owned() })?;
    if known.time_to_live_description.attribute_name.as_deref() == Some(attribute) {
        return Ok(());
    }
    let wanted = TimeToLiveSpecification { attribute_name: attribute.to_owned(), enabled: true };
    let request = UpdateTimeToLiveRequest { table_name: table.to_owned(), time_to_live_specification: wanted };
    database.update_time_to_live(request).map(|_| ())
}

/// Deletes expired items, from time to time, until it is dropped.
pub(super) async fn sweep(database: Database) {
    loop {
        tokio::time::sleep(BETWEEN_SWEEPS).await;
        let database = database.clone();
        // What a sweep that failed left is found by the next one.
        tokio::task::spawn_blocking(move || database.sweep_ttl().ok()).await.ok();
    }
}
