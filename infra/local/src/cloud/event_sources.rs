//! The event sources of mappings: the stream of a DynamoDB table, of which the database has one shard, and an SQS queue.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

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
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    arn::AccountRegion,
    clock::Clock,
    http::dynamo::{self, stream_view::StreamView},
    mapping::{QueueMessage, QueueSource, SourceError, StreamRecord, StreamSource},
    sqs::Sqs,
    template::Queue,
    write_notifier::WriteNotifier,
};

/// Real time between two reads without a notification. Expired items are deleted without one, and a paused clock must
/// not stop the relay.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The stream of one table.
pub(super) struct TableStream {
    database: Database,
    arn: String,
    shard: String,
    /// The ARN as its readers know it.
    public_arn: String,
    region: String,
    view: StreamView,
    clock: Clock,
    uses_cloud_clock: bool,
    writes: Arc<Notify>,
}

impl TableStream {
    /// The stream of this table, if it has one. `uses_cloud_clock` says whether its records carry the time of the
    /// cloud's clock or of the machine's.
    pub(super) fn of(
        database: &Database,
        writes: &WriteNotifier,
        table: &str,
        account_region: &AccountRegion,
        clock: &Clock,
        uses_cloud_clock: bool,
    ) -> Result<Option<Self>, DynoxideError> {
        let wanted = ListStreamsRequest { table_name: Some(table.to_owned()), ..ListStreamsRequest::default() };
        let Some(stream) = database.list_streams(wanted)?.streams.into_iter().next() else {
            return Ok(None);
        };
        let arn = stream.stream_arn;
        let shard = shard_of(database, &arn)?;
        let (database, clock, writes) = (database.clone(), clock.clone(), writes.subscribe(table));
        let view = StreamView::of(&database, table)?;
        // The database has a region and account of its own, and accepts every one.
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let (public_arn, region) = (account_region.arn("dynamodb", resource), account_region.region.clone());
        let of_shard = |shard: Shard| Self {
            database,
            arn,
            shard: shard.shard_id,
            public_arn,
            region,
            view,
            clock,
            uses_cloud_clock,
            writes,
        };
        Ok(shard.map(of_shard))
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

    /// Up to `most` records of writes that have changed something.
    fn changes(&self, after: Option<&str>, most: usize) -> Result<Vec<Record>, DynoxideError> {
        let mut after = after.map(str::to_owned);
        loop {
            let page = self.get(after.as_deref(), most)?;
            let Some(last) = page.last() else { return Ok(Vec::new()) };
            after = Some(last.dynamodb.sequence_number.clone());
            let changes: Vec<Record> = page.into_iter().filter_map(|record| self.view.record(record)).collect();
            // A page without a change is not the end of the stream.
            if !changes.is_empty() {
                return Ok(changes);
            }
        }
    }

    fn record(&self, record: &Record) -> Result<StreamRecord, SourceError> {
        let mut value = serde_json::to_value(record).map_err(source_error)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("awsRegion".to_owned(), Value::String(self.region.clone()));
            fields.insert("eventSourceARN".to_owned(), Value::String(self.stream_arn()));
        }
        let sequence_number = record.dynamodb.sequence_number.clone();
        Ok(StreamRecord { sequence_number, created: self.created(record)?, record: value })
    }

    fn created(&self, record: &Record) -> Result<Timestamp, SourceError> {
        let created = Timestamp::from_second(record.dynamodb.approximate_creation_date_time as i64);
        let created = match self.uses_cloud_clock {
            true => created,
            // The record keeps its age, because the cloud's clock may be days away from the machine's.
            false => created.and_then(|created| self.clock.now().checked_sub(Timestamp::now().duration_since(created))),
        };
        created.map_err(source_error)
    }
}

fn shard_of(database: &Database, arn: &str) -> Result<Option<Shard>, DynoxideError> {
    let wanted = DescribeStreamRequest { stream_arn: arn.to_owned(), ..DescribeStreamRequest::default() };
    Ok(database.describe_stream(wanted)?.stream_description.shards.into_iter().next())
}

#[async_trait]
impl StreamSource for TableStream {
    fn stream_arn(&self) -> String {
        self.public_arn.clone()
    }

    fn shard_id(&self) -> String {
        dynamo::long_shard_id(&self.shard)
    }

    async fn read(&self, after: Option<&str>, most: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let records = self.changes(after, most).map_err(source_error)?;
        records.iter().map(|record| self.record(record)).collect()
    }

    async fn newest(&self) -> Result<Option<String>, SourceError> {
        let shard = shard_of(&self.database, &self.arn).map_err(source_error)?;
        Ok(shard.and_then(|shard| shard.sequence_number_range.ending_sequence_number))
    }

    async fn changed(&self) {
        tokio::time::timeout(POLL_INTERVAL, self.writes.notified()).await.ok();
    }
}

/// The maximum wait time of a receive, in seconds.
const LONGEST_WAIT: u32 = 20;

/// The maximum number of messages of a receive.
const LARGEST_BATCH: usize = 10;

/// A queue as an event source.
pub(super) struct QueueEventSource {
    sqs: Sqs,
    url: String,
    arn: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Received {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(rename = "MD5OfBody")]
    md5_of_body: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Value>,
}

impl QueueEventSource {
    /// The event source of this queue.
    pub(super) fn new(sqs: &Sqs, queue: &Queue) -> Self {
        Self { sqs: sqs.clone(), url: queue.url.clone(), arn: queue.arn.clone() }
    }
}

/// A message attribute of the API in the form of a Lambda event.
fn attribute(given: &Value) -> Value {
    let mut converted = json!({ "dataType": given.get("DataType"), "stringListValues": [], "binaryListValues": [] });
    if let Some(fields) = converted.as_object_mut() {
        for (from, to) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
            if let Some(value) = given.get(from).filter(|value| !value.is_null()) {
                fields.insert(to.to_owned(), value.clone());
            }
        }
    }
    converted
}

impl From<Message> for QueueMessage {
    fn from(message: Message) -> Self {
        let converted = message.message_attributes.into_iter().map(|(name, given)| (name, attribute(&given)));
        Self {
            message_id: message.message_id,
            receipt_handle: message.receipt_handle,
            body: message.body,
            md5_of_body: message.md5_of_body,
            attributes: message.attributes,
            message_attributes: converted.collect(),
        }
    }
}

#[async_trait]
impl QueueSource for QueueEventSource {
    fn queue_arn(&self) -> String {
        self.arn.clone()
    }

    async fn receive(&self, most: usize) -> Result<Vec<QueueMessage>, SourceError> {
        loop {
            let body = json!({
                "QueueUrl": self.url,
                "MaxNumberOfMessages": most.clamp(1, LARGEST_BATCH),
                "WaitTimeSeconds": LONGEST_WAIT,
                "MessageSystemAttributeNames": ["All"],
                "MessageAttributeNames": ["All"],
            });
            let answer = self.sqs.handle("ReceiveMessage", body).await.map_err(source_error)?;
            let received: Received = serde_json::from_value(answer).map_err(source_error)?;
            if !received.messages.is_empty() {
                return Ok(received.messages.into_iter().map(QueueMessage::from).collect());
            }
        }
    }

    async fn would_wait(&self) -> bool {
        !self.sqs.has_receivable(&self.url)
    }

    async fn delete(&self, receipt_handle: &str) -> Result<(), SourceError> {
        let body = json!({ "QueueUrl": self.url, "ReceiptHandle": receipt_handle });
        self.sqs.handle("DeleteMessage", body).await.map(|_| ()).map_err(source_error)
    }
}

fn source_error(error: impl fmt::Display) -> SourceError {
    SourceError(error.to_string())
}
