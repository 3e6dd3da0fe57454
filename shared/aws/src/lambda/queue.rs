//! A function woken by a queue that a rule of the bus fills: a batch, answered message by message.
//! On a FIFO queue nothing behind a failure is tried, so that the order of its group stands.

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use causeway::{
    App,
    delivery::{handle::Handler, input::HandlerInput},
};
use lambda_runtime::Diagnostic;
use serde::de::Error as _;
use serde_json::Value;

use super::{Function, Invocation, failed::unreadable_batch, listener::Listener};

/// A function on a queue.
pub struct QueueFunction<A, H> {
    listener: Listener<A, H>,
}

impl<A: HandlerInput, H: Handler<A>> QueueFunction<A, H> {
    /// The function of this name.
    pub fn new(function: &str, app: App, handler: H) -> Self {
        Self { listener: Listener::new(function, app, handler) }
    }
}

#[async_trait]
impl<A: HandlerInput, H: Handler<A>> Function for QueueFunction<A, H> {
    async fn answer(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        let unreadable = |error: serde_json::Error| unreadable_batch("a queue", &error);
        let batch: SqsEvent = serde_json::from_str(invocation.payload).map_err(unreadable)?;
        let mut answer = SqsBatchResponse::default();
        for message in batch.records {
            // Without its identifier nothing can be answered for one message alone.
            let missing = || unreadable(serde_json::Error::missing_field("messageId"));
            let identifier = message.message_id.clone().ok_or_else(missing)?;
            let in_order = message.event_source_arn.as_ref().is_some_and(|queue| queue.ends_with(".fifo"));
            if in_order && !answer.batch_item_failures.is_empty() {
                answer.add_failure(identifier);
                continue;
            }
            let attempt = attempt(&message);
            let payload = message.body.as_deref().unwrap_or_default();
            if self.listener.hear(Invocation { payload, attempt, ..invocation }).await.is_err() {
                answer.add_failure(identifier);
            }
        }
        serde_json::to_value(answer).map_err(unreadable)
    }
}

/// SQS counts how often it has handed the message out.
fn attempt(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}
