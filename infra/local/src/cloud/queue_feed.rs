//! A queue as a mapping reads it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    aws_error::AwsError,
    mapping::{QueueMessage, QueueSource, SourceError},
    sqs::Sqs,
    template::Queue,
};

/// As long as a receive may wait, in seconds.
const LONGEST_WAIT: u32 = 20;

/// As many messages as one receive may bring.
const LARGEST_BATCH: usize = 10;

/// The queue.
pub(super) struct QueueFeed {
    sqs: Sqs,
    url: String,
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
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

impl QueueFeed {
    /// The feed of this queue.
    pub(super) fn new(sqs: &Sqs, queue: &Queue) -> Self {
        Self { sqs: sqs.clone(), url: queue.url.clone(), arn: queue.arn.clone() }
    }
}

fn trouble(error: AwsError) -> SourceError {
    SourceError(error.to_string())
}

/// The API's attribute in the form that functions get.
fn attribute(given: &Value) -> Value {
    let mut told = json!({ "dataType": given.get("DataType"), "stringListValues": [], "binaryListValues": [] });
    if let Some(fields) = told.as_object_mut() {
        for (from, to) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
            if let Some(value) = given.get(from).filter(|value| !value.is_null()) {
                fields.insert(to.to_owned(), value.clone());
            }
        }
    }
    told
}

impl From<Message> for QueueMessage {
    fn from(message: Message) -> Self {
        let told = message.message_attributes.into_iter().map(|(name, given)| (name, attribute(&given)));
        Self {
            message_id: message.message_id,
            receipt_handle: message.receipt_handle,
            body: message.body,
            md5_of_body: message.md5_of_body,
            attributes: message.attributes,
            message_attributes: told.collect(),
        }
    }
}

#[async_trait]
impl QueueSource for QueueFeed {
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
            let answer = self.sqs.handle("ReceiveMessage", body).await.map_err(trouble)?;
            let received: Received = serde_json::from_value(answer).map_err(|error| SourceError(error.to_string()))?;
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
        self.sqs.handle("DeleteMessage", body).await.map(|_| ()).map_err(trouble)
    }
}
