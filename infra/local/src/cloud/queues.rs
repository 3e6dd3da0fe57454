//! The queues of a stack: made when they are not there, and otherwise given their attributes anew.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::CloudError;
use crate::aws_error::AwsError;
use crate::sqs::Sqs;
use crate::template::Queue;

/// Makes what is missing. A queue may name any other for its dead letters, so these come last.
pub(super) async fn make(sqs: &Sqs, queues: &[Queue]) -> Result<(), CloudError> {
    for queue in queues {
        make_one(sqs, queue).await.map_err(|source| refused(queue, source))?;
    }
    for queue in queues {
        let policy = queue.redrive.as_ref().map_or(String::new(), |redrive| {
            json!({ "deadLetterTargetArn": redrive.dead_letter_arn, "maxReceiveCount": redrive.maximum_receives })
                .to_string()
        });
        let body = json!({ "QueueUrl": queue.url, "Attributes": { "RedrivePolicy": policy } });
        sqs.handle("SetQueueAttributes", body).await.map_err(|source| refused(queue, source))?;
    }
    Ok(())
}

fn refused(queue: &Queue, source: AwsError) -> CloudError {
    CloudError::Refused { line: queue.line, name: queue.name.clone(), source }
}

async fn make_one(sqs: &Sqs, queue: &Queue) -> Result<(), AwsError> {
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
    if sqs.handle("GetQueueUrl", json!({ "QueueName": queue.name })).await.is_ok() {
        let body = json!({ "QueueUrl": queue.url, "Attributes": attributes });
        return sqs.handle("SetQueueAttributes", body).await.map(|_| ());
    }
    if queue.fifo {
        attributes.insert("FifoQueue".to_owned(), json!("true"));
    }
    sqs.handle("CreateQueue", json!({ "QueueName": queue.name, "Attributes": attributes })).await.map(|_| ())
}
