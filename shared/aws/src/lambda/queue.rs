//! A function woken by a queue that a rule of the bus fills: a batch, answered message by message.
//! On a FIFO queue nothing behind a failure is tried, so that the order of its group stands.

use std::collections::HashMap;

use async_trait::async_trait;
use kernel::App;
use kernel::route::Arrival;
use kernel::route::Handler;
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Function;
use super::Invocation;
use super::failed::unreadable_batch;
use super::listener::Listener;

/// A function on a queue.
pub struct QueueFunction<A, H> {
    listener: Listener<A, H>,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<QueueMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueueMessage {
    message_id: String,
    body: String,
    #[serde(default)]
    attributes: HashMap<String, String>,
    #[serde(default, rename = "eventSourceARN")]
    event_source_arn: String,
}

impl<A: Arrival, H: Handler<A>> QueueFunction<A, H> {
    /// The function of this name.
    pub fn new(function: &str, app: App, handler: H) -> Self {
        Self { listener: Listener::new(function, app, handler) }
    }
}

#[async_trait]
impl<A: Arrival, H: Handler<A>> Function for QueueFunction<A, H> {
    async fn answer(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        // Without identifiers nothing can be answered for one message alone.
        let batch: Batch =
            serde_json::from_str(invocation.payload).map_err(|error| unreadable_batch("a queue", &error))?;
        let mut failed: Vec<String> = Vec::new();
        for message in batch.records {
            let in_order = message.event_source_arn.ends_with(".fifo");
            if in_order && !failed.is_empty() {
                failed.push(message.message_id);
                continue;
            }
            let attempt = message.attempt();
            if self.listener.hear(Invocation { payload: &message.body, attempt, ..invocation }).await.is_err() {
                failed.push(message.message_id);
            }
        }
        Ok(failures(failed))
    }
}

impl QueueMessage {
    fn attempt(&self) -> u32 {
        let count = self.attributes.get("ApproximateReceiveCount");
        count.and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}

/// The answer to a batch: who comes again.
pub(crate) fn failures(identifiers: impl IntoIterator<Item = String>) -> Value {
    let failures: Vec<Value> =
        identifiers.into_iter().map(|identifier| json!({ "itemIdentifier": identifier })).collect();
    json!({ "batchItemFailures": failures })
}
