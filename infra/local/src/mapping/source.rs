//! The sources of a mapping: a shard of a stream, or a queue.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The time after which a mapping retries when its source or its function is not available.
pub(super) const RETRY_DELAY: SignedDuration = SignedDuration::from_secs(1);

/// A source that cannot be read or written now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A record of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRecord {
    /// The sequence number in the shard.
    pub sequence_number: String,
    /// The time at which the record was written.
    pub created: Timestamp,
    /// The whole record, as the function receives it.
    pub record: Value,
}

/// One shard of a stream.
#[async_trait]
pub trait StreamSource: Send + Sync {
    /// The ARN of the stream.
    fn stream_arn(&self) -> String;

    /// The shard's id.
    fn shard_id(&self) -> String;

    /// Reads up to `max` records after the one with this sequence number, or from the oldest one on.
    async fn read(&self, after: Option<&str>, max: usize) -> Result<Vec<StreamRecord>, SourceError>;

    /// The sequence number of the newest record, if there is one.
    async fn newest(&self) -> Result<Option<String>, SourceError>;

    /// Waits until there may be new records. Returns at once if there were new ones since the last read.
    async fn changed(&self);
}

/// A message that was received from a queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueMessage {
    /// The message id.
    pub message_id: String,
    /// The receipt handle of the receive.
    pub receipt_handle: String,
    /// The message body.
    pub body: String,
    /// The MD5 of the body, in hexadecimal digits.
    pub md5_of_body: String,
    /// The system attributes, such as `ApproximateReceiveCount`.
    pub attributes: BTreeMap<String, String>,
    /// The message attributes, in the form in which functions receive them.
    pub message_attributes: BTreeMap<String, Value>,
}

impl QueueMessage {
    /// The record that the function receives.
    pub(super) fn record(&self, queue_arn: &str) -> Value {
        json!({
            "messageId": self.message_id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": self.attributes,
            "messageAttributes": self.message_attributes,
            "md5OfBody": self.md5_of_body,
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": queue_arn.split(':').nth(3).unwrap_or_default(),
        })
    }
}

/// A queue.
#[async_trait]
pub trait QueueSource: Send + Sync {
    /// The ARN of the queue.
    fn queue_arn(&self) -> String;

    /// Waits for messages and receives up to `max` of them.
    async fn receive(&self, max: usize) -> Result<Vec<QueueMessage>, SourceError>;

    /// Whether a receive would wait now.
    async fn would_wait(&self) -> bool;

    /// Deletes a message.
    async fn delete(&self, receipt_handle: &str) -> Result<(), SourceError>;
}
