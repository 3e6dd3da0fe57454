//! The queues of a stack: made when they are not there, and given their attributes anew when these are declared
//! otherwise than before.

use serde_json::{Map, Value, json};

use super::{
    CloudError, desired,
    resource_state::{Key, Kind, Made},
};
use crate::{aws_error::AwsError, sqs::Sqs, template::Queue};

/// By this it is found again.
pub(super) fn key(queue: &Queue) -> Key {
    desired::key(Kind::Queue, "", &queue.name)
}

/// Its attributes.
pub(super) fn declared(queue: &Queue) -> Value {
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

/// Is there a queue of this name?
pub(super) async fn is_there(sqs: &Sqs, name: &str) -> bool {
    sqs.handle("GetQueueUrl", json!({ "QueueName": name })).await.is_ok()
}

/// Makes what is missing, and changes what is declared otherwise. A queue may name any other for its dead letters, so
/// these come last.
pub(super) async fn make(sqs: &Sqs, queues: &[Queue], made: &Made) -> Result<(), CloudError> {
    let mut changed = Vec::new();
    for queue in queues {
        let (declared, is_there) = (declared(queue), is_there(sqs, &queue.name).await);
        if is_there && made.stands(&key(queue), &declared) {
            continue;
        }
        make_one(sqs, queue, &declared, is_there).await.map_err(|source| refused(queue, source))?;
        changed.push((queue, declared));
    }
    for (queue, declared) in changed {
        let policy = declared.get("redrive");
        let body = json!({ "QueueUrl": queue.url, "Attributes": { "RedrivePolicy": policy } });
        sqs.handle("SetQueueAttributes", body).await.map_err(|source| refused(queue, source))?;
    }
    Ok(())
}

fn refused(queue: &Queue, source: AwsError) -> CloudError {
    CloudError::Refused { line: queue.line, name: queue.name.clone(), source }
}

async fn make_one(sqs: &Sqs, queue: &Queue, declared: &Value, is_there: bool) -> Result<(), AwsError> {
    let mut attributes = declared.get("attributes").cloned().unwrap_or_default();
    if is_there {
        let body = json!({ "QueueUrl": queue.url, "Attributes": attributes });
        return sqs.handle("SetQueueAttributes", body).await.map(|_| ());
    }
    if let (true, Some(attributes)) = (queue.fifo, attributes.as_object_mut()) {
        attributes.insert("FifoQueue".to_owned(), json!("true"));
    }
    sqs.handle("CreateQueue", json!({ "QueueName": queue.name, "Attributes": attributes })).await.map(|_| ())
}
