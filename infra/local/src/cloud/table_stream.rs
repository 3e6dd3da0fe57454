//! A table's stream as a mapping reads it: the one shard that the database has for each table.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use dynoxide::{
    Database,
    actions::{
        describe_stream::{DescribeStreamRequest, Shard},
        get_records::{GetRecordsRequest, Record},
        get_shard_iterator::GetShardIteratorRequest,
        list_streams::ListStreamsRequest,
    },
    errors::DynoxideError,
};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    http::shard,
    mapping::{SourceError, StreamRecord, StreamSource},
    write_notifier::WriteNotifier,
};

/// What expires comes without a word, so it is looked for so often. In the world's time: a standing clock stops no relay.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// The stream.
pub(super) struct TableStream {
    database: Database,
    arn: String,
    shard: String,
    region: String,
    clock: Clock,
    is_on_the_clock: bool,
    news: Arc<Notify>,
}

impl TableStream {
    /// The stream of this table, if it has one. The tables write down the time of a change by the world's clock, or by
    /// this one.
    pub(super) fn of(
        database: &Database,
        writes: &WriteNotifier,
        table: &str,
        region: &str,
        clock: &Clock,
        is_on_the_clock: bool,
    ) -> Result<Option<Self>, DynoxideError> {
        let wanted = ListStreamsRequest { table_name: Some(table.to_owned()), ..ListStreamsRequest::default() };
        let Some(stream) = database.list_streams(wanted)?.streams.into_iter().next() else {
            return Ok(None);
        };
        let arn = stream.stream_arn;
        let shard = shard_of(database, &arn)?;
        let (database, clock, news) = (database.clone(), clock.clone(), writes.subscribe(table));
        let region = region.to_owned();
        Ok(shard.map(|shard| Self { database, arn, shard: shard.shard_id, region, clock, is_on_the_clock, news }))
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
            fields.insert("eventSourceARN".to_owned(), Value::String(self.stream_arn()));
        }
        let sequence_number = record.dynamodb.sequence_number.clone();
        Ok(StreamRecord { sequence_number, created: self.created(record)?, record: told })
    }

    fn created(&self, record: &Record) -> Result<Timestamp, SourceError> {
        let created = Timestamp::from_second(record.dynamodb.approximate_creation_date_time as i64);
        let created = match self.is_on_the_clock {
            true => created,
            // As old as the record is by the world's seconds, it is by the clock, which may stand days away from them.
            false => created.and_then(|created| self.clock.now().checked_sub(Timestamp::now().duration_since(created))),
        };
        created.map_err(|error| SourceError(error.to_string()))
    }
}

fn shard_of(database: &Database, arn: &str) -> Result<Option<Shard>, DynoxideError> {
    let wanted = DescribeStreamRequest { stream_arn: arn.to_owned(), ..DescribeStreamRequest::default() };
    Ok(database.describe_stream(wanted)?.stream_description.shards.into_iter().next())
}

#[async_trait]
impl StreamSource for TableStream {
    /// The tables have a region of their own, and find their streams whatever region is asked for.
    fn stream_arn(&self) -> String {
        let parts = self.arn.split(':').enumerate();
        let parts = parts.map(|(place, part)| if place == 3 { self.region.as_str() } else { part });
        parts.collect::<Vec<_>>().join(":")
    }

    fn shard_id(&self) -> String {
        shard::long(&self.shard)
    }

    async fn read(&self, after: Option<&str>, most: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let records = self.get(after, most).map_err(|error| SourceError(error.to_string()))?;
        records.iter().map(|record| self.record(record)).collect()
    }

    async fn newest(&self) -> Result<Option<String>, SourceError> {
        let shard = shard_of(&self.database, &self.arn).map_err(|error| SourceError(error.to_string()))?;
        Ok(shard.and_then(|shard| shard.sequence_number_range.ending_sequence_number))
    }

    async fn changed(&self) {
        tokio::time::timeout(BETWEEN_LOOKS, self.news.notified()).await.ok();
    }
}
