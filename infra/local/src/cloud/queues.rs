//! Deploys the queues of a stack: creates the missing ones and sets the attributes of the changed ones.

use serde_json::{Map, Value, json};

use super::{
    CloudError,
    resource_state::{Key, Kind, ResourceState},
};
use crate::{aws_error::AwsError, sqs::Sqs, template::Queue};

/// The key in the resource state.
pub(super) fn key(queue: &Queue) -> Key {
    Key::new(Kind::Queue, "", &queue.name)
}

/// Its attributes.
pub(super) fn desired(queue: &Queue) -> Value {
    let mut attributes = Map::new();
    for (name, number) in [
        ("DelaySeconds", queue.delay_seconds),
        ("MaximumMessageSize", queue.maximum_message_bytes),
        ("MessageRetentionPeriod", queue.retention_seconds),
        ("ReceiveMessageWaitTimeSeconds", queue.wait_seconds),
        ("VisibilityTimeout", queue.visibility_seconds),
    ] {
        attributes.insert(name.to_owned(), Value::String(number.to_string()));
    }
    if queue.fifo {
        let by_content = queue.deduplicates_by_content.to_string();
        attributes.insert("ContentBasedDeduplication".to_owned(), Value::String(by_content));
    }
    let policy = queue.redrive.as_ref().map_or(String::new(), |redrive| {
        json!({ "deadLetterTargetArn": redrive.dead_letter_arn, "maxReceiveCount": redrive.maximum_receives })
            .to_string()
    });
    json!({ "attributes": attributes, "redrive": policy })
}

/// Whether a queue of this name exists.
pub(super) async fn is_there(sqs: &Sqs, name: &str) -> bool {
    sqs.handle("GetQueueUrl", json!({ "QueueName": name })).await.is_ok()
}

/// Makes what is missing, and changes what is desired otherwise. A queue may name any other for its dead letters, so
/// these come last.
pub(super) async fn make(sqs: &Sqs, queues: &[Queue], state: &ResourceState) -> Result<(), CloudError> {
    let mut changed = Vec::new();
    for queue in queues {
        let (desired, is_there) = (desired(queue), is_there(sqs, &queue.name).await);
        if is_there && state.is_applied(&key(queue), &desired) {
            continue;
        }
        make_one(sqs, queue, &desired, is_there).await.map_err(|source| refused(queue, source))?;
        changed.push((queue, desired));
    }
    for (queue, desired) in changed {
        let policy = desired.get("redrive");
        let body = json!({ "QueueUrl": queue.url, "Attributes": { "RedrivePolicy": policy } });
        sqs.handle("SetQueueAttributes", body).await.map_err(|source| refused(queue, source))?;
    }
    Ok(())
}

fn refused(queue: &Queue, source: AwsError) -> CloudError {
    CloudError::Refused { line: queue.line, name: queue.name.clone(), source }
}

async fn make_one(sqs: &Sqs, queue: &Queue, desired: &Value, is_there: bool) -> Result<(), AwsError> {
    let mut attributes = desired.get("attributes").cloned().unwrap_or_default();
    if is_there {
        let body = json!({ "QueueUrl": queue.url, "Attributes": attributes });
        return sqs.handle("SetQueueAttributes", body).await.map(|_| ());
    }
    if let (true, Some(attributes)) = (queue.fifo, attributes.as_object_mut()) {
        attributes.insert("FifoQueue".to_owned(), json!("true"));
    }
    sqs.handle("CreateQueue", json!({ "QueueName": queue.name, "Attributes": attributes })).await.map(|_| ())
}
