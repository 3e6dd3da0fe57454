//! The functions that handle messages: as the target of an EventBridge rule, or behind an SQS event source mapping.

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use causeway::Handled;
use lambda_runtime::Diagnostic;
use serde::de::Error as _;
use serde_json::{Value, json};

use super::{Function, Invocation, diagnostic, message_handler::MessageHandler, unreadable_batch};

/// The target of a rule: one message per invocation. Lambda retries it after an error.
pub struct BusFunction {
    /// Handles the message.
    pub handler: MessageHandler,
}

/// The consumer of a queue: a batch per invocation, with a partial batch response. On a FIFO queue no message after a
/// failed one is handled, so that the order of its message group is kept.
pub struct QueueFunction {
    /// Handles each message.
    pub handler: MessageHandler,
}

#[async_trait]
impl Function for BusFunction {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        let outcome = match self.handler.handle(invocation).await.map_err(|failure| diagnostic(&failure))? {
            Handled::Done => "done",
            Handled::Duplicate => "duplicate",
            Handled::Rejected => "rejected",
            Handled::DeadLettered => "buried",
        };
        Ok(json!({ "handled": outcome }))
    }
}

#[async_trait]
impl Function for QueueFunction {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        let unreadable = |error: serde_json::Error| unreadable_batch("a queue", &error);
        let batch: SqsEvent = serde_json::from_str(invocation.payload).map_err(unreadable)?;
        let mut response = SqsBatchResponse::default();
        for message in batch.records {
            // Without message ids no single failure can be reported, so the whole batch fails.
            let missing = || unreadable(serde_json::Error::missing_field("messageId"));
            let identifier = message.message_id.clone().ok_or_else(missing)?;
            let fifo = message.event_source_arn.as_ref().is_some_and(|queue| queue.ends_with(".fifo"));
            if fifo && !response.batch_item_failures.is_empty() {
                response.add_failure(identifier);
                continue;
            }
            let attempt = receive_count(&message);
            let payload = message.body.as_deref().unwrap_or_default();
            if self.handler.handle(Invocation { payload, attempt, ..invocation }).await.is_err() {
                response.add_failure(identifier);
            }
        }
        serde_json::to_value(response).map_err(unreadable)
    }
}

/// How many times SQS has delivered the message, this delivery included.
fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}
