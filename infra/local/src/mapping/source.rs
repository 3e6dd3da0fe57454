//! What a mapping reads: one shard of a stream, in order, or a queue.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A source that cannot be read or written right now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A record of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRecord {
    /// Its place in the shard.
    pub sequence_number: String,
    /// When it was written.
    pub created: Timestamp,
    /// All of it, as a function gets it.
    pub record: Value,
}

/// One shard of a stream.
#[async_trait]
pub trait StreamSource: Send + Sync {
    /// The ARN of the stream.
    fn stream_arn(&self) -> String;

    /// The shard's id.
    fn shard_id(&self) -> String;

    /// At most so many records behind the one of this number, or from the oldest one on.
    async fn read(&self, after: Option<&str>, most: usize) -> Result<Vec<StreamRecord>, SourceError>;

    /// The number of the newest record, if there is any.
    async fn newest(&self) -> Result<Option<String>, SourceError>;

    /// Waits until there may be something new; at once if something came since the last read.
    async fn news(&self);
}

/// A message that was received from a queue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueMessage {
    /// Its id.
    pub message_id: String,
    /// By this it is deleted.
    pub receipt_handle: String,
    /// Its body.
    pub body: String,
    /// The MD5 of its body, in hexadecimal digits.
    pub md5_of_body: String,
    /// What the queue says of it, such as `ApproximateReceiveCount`.
    pub attributes: BTreeMap<String, String>,
    /// What its sender says of it, in the form that functions get.
    pub message_attributes: BTreeMap<String, Value>,
}

impl QueueMessage {
    /// All of it, as a function gets it.
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

    /// Waits for messages and receives at most so many. Others do not see them until their visibility ends.
    async fn receive(&self, most: usize) -> Result<Vec<QueueMessage>, SourceError>;

    /// Whether a receive would have to wait now.
    async fn would_wait(&self) -> bool;

    /// Deletes a message.
    async fn delete(&self, receipt_handle: &str) -> Result<(), SourceError>;
}
