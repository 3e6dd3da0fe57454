//! A table's stream as a mapping reads it: the one shard that the database has for each table.

use std::time::Duration;

use async_trait::async_trait;
use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::describe_stream::Shard;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_records::Record;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use dynoxide::errors::DynoxideError;
use jiff::Timestamp;
use serde_json::Value;

use crate::mapping::SourceError;
use crate::mapping::StreamRecord;
use crate::mapping::StreamSource;

/// The database tells nobody of a write, so it is asked so often. In the world's time: a standing clock stops no relay.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The stream.
pub(super) struct TableStream {
    database: Database,
    arn: String,
    shard: String,
    region: String,
}

impl TableStream {
    /// The stream of this table, if it has one.
    pub(super) fn of(database: &Database, table: &str, region: &str) -> Result<Option<Self>, DynoxideError> {
        let wanted = ListStreamsRequest { table_name: Some(table.to_owned()), ..ListStreamsRequest::default() };
        let Some(stream) = database.list_streams(wanted)?.streams.into_iter().next() else {
            return Ok(None);
        };
        let arn = stream.stream_arn;
        let shard = shard(database, &arn)?;
        let database = database.clone();
        Ok(shard.map(|shard| Self { database, arn, shard: shard.shard_id, region: region.to_owned() }))
    }

    fn get(&self, after: Option<&str>, most: usize) -> Result<Vec<Record>, DynoxideError> {
        let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let place = self.database.get_shard_iterator(GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard.clone(),
            shard_iterator_type: kind.to_owned(),
            sequence_number: after.map(str::to_owned),
        })?;
        let shard_iterator = place.shard_iterator.unwrap_or_default();
        Ok(self.database.get_records(GetRecordsRequest { shard_iterator, limit: Some(most) })?.records)
    }

    fn record(&self, record: &Record) -> Result<StreamRecord, SourceError> {
        let mut told = serde_json::to_value(record).map_err(|error| SourceError(error.to_string()))?;
        if let Some(fields) = told.as_object_mut() {
            fields.insert("awsRegion".to_owned(), Value::String(self.region.clone()));
            fields.insert("eventSourceARN".to_owned(), Value::String(self.arn.clone()));
        }
        // The database counts whole seconds since the epoch.
        let created = Timestamp::from_second(record.dynamodb.approximate_creation_date_time as i64);
        Ok(StreamRecord {
            sequence_number: record.dynamodb.sequence_number.clone(),
            created: created.map_err(|error| SourceError(error.to_string()))?,
            record: told,
        })
    }
}

fn shard(database: &Database, arn: &str) -> Result<Option<Shard>, DynoxideError> {
    let wanted = DescribeStreamRequest { stream_arn: arn.to_owned(), ..DescribeStreamRequest::default() };
    Ok(database.describe_stream(wanted)?.stream_description.shards.into_iter().next())
}

#[async_trait]
impl StreamSource for TableStream {
    fn stream_arn(&self) -> String {
        self.arn.clone()
    }

    fn shard_id(&self) -> String {
        self.shard.clone()
    }

    async fn read(&self, after: Option<&str>, most: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let records = self.get(after, most).map_err(|error| SourceError(error.to_string()))?;
        records.iter().map(|record| self.record(record)).collect()
    }

    async fn newest(&self) -> Result<Option<String>, SourceError> {
        let shard = shard(&self.database, &self.arn).map_err(|error| SourceError(error.to_string()))?;
        Ok(shard.and_then(|shard| shard.sequence_number_range.ending_sequence_number))
    }

    async fn news(&self) {
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
