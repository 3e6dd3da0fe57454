//! SQS: standard and FIFO queues with AWS's JSON protocol. Queues, messages and deletions are durable; messages in
//! flight are visible again after a restart.

mod error;
mod message;
mod messages;
mod move_task;
mod permissions;
mod queue;
mod queues;
mod receive;
mod state;
#[cfg(test)]
mod tests;

pub use error::{json_type, query_error};
pub use state::Endpoint;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{sync::watch, time::Instant};

use crate::{
    aws_error::{AwsError, read},
    clock::Clock,
    idle::Idle,
    interfaces::{NewMessage, SendToQueue, TargetError},
    wal::{DurableState, WalError},
};
use queues::Request;
use state::{State, Transaction};

/// All queues. A clone shares them.
#[derive(Clone)]
pub struct Sqs {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    endpoint: Endpoint,
    durable: DurableState<State>,
    /// Counts the changes after which a waiting receive looks for messages again.
    receivers: watch::Sender<u64>,
}

impl Sqs {
    /// Opens the queues stored in this file. Without a file they are lost with the process.
    pub fn open(path: Option<&Path>, endpoint: Endpoint, clock: Clock) -> Result<Self, WalError> {
        let (durable, receivers) = (DurableState::open(path)?, watch::Sender::new(0));
        Ok(Self { inner: Arc::new(Inner { clock, endpoint, durable, receivers }) })
    }

    /// Handles one operation of the JSON protocol (`AmazonSQS.<operation>`).
    pub async fn handle(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        if operation == "ReceiveMessage" {
            return self.receive(read(body)?).await;
        }
        let mut tx = self.transaction();
        match operation {
            "CreateQueue" => queues::create_queue(&mut tx, read(body)?),
            "DeleteQueue" => queues::delete_queue(&mut tx, read(body)?),
            "GetQueueUrl" => queues::get_queue_url(&tx, read(body)?),
            "ListQueues" => queues::list_queues(&tx, read(body)?),
            "ListDeadLetterSourceQueues" => queues::list_dead_letter_sources(&mut tx, read(body)?),
            "PurgeQueue" => queues::purge_queue(&mut tx, read(body)?),
            "TagQueue" => queues::tag_queue(&mut tx, read(body)?),
            "UntagQueue" => queues::untag_queue(&mut tx, read(body)?),
            "ListQueueTags" => queues::list_queue_tags(&mut tx, read(body)?),
            "GetQueueAttributes" => queues::get_attributes(&mut tx, read(body)?),
            "SetQueueAttributes" => queues::set_attributes(&mut tx, read(body)?),
            "SendMessage" => messages::single(&mut tx, body, messages::send_message),
            "SendMessageBatch" => messages::batch(&mut tx, body, messages::check_batch, messages::send_message),
            "DeleteMessage" => messages::single(&mut tx, body, messages::delete_message),
            "DeleteMessageBatch" => messages::batch(&mut tx, body, messages::no_check, messages::delete_message),
            "ChangeMessageVisibility" => messages::single(&mut tx, body, messages::change_visibility),
            "ChangeMessageVisibilityBatch" => {
                messages::batch(&mut tx, body, messages::no_check, messages::change_visibility)
            }
            "AddPermission" => permissions::add_permission(&mut tx, read(body)?),
            "RemovePermission" => permissions::remove_permission(&mut tx, read(body)?),
            "StartMessageMoveTask" => move_task::start_move_task(&mut tx, read(body)?),
            "ListMessageMoveTasks" => move_task::list_move_tasks(&tx, read(body)?),
            "CancelMessageMoveTask" => move_task::cancel_move_task(&mut tx, read(body)?),
            _ => Err(AwsError::sender("UnknownOperationException", format!("SQS has no operation {operation}."))),
        }
    }

    /// Whether the queue at this URL has a message that can be received now.
    pub fn has_receivable(&self, url: &str) -> bool {
        let mut tx = self.transaction();
        let now = tx.now;
        let name = tx.open_queue(Some(url));
        name.is_ok_and(|name| tx.queue(&name).is_ok_and(|queue| !queue.receivable(now, 1).is_empty()))
    }

    /// Runs the message move tasks of all queues until the future is dropped.
    pub async fn run(self) {
        let mut changes = self.inner.receivers.subscribe();
        loop {
            changes.borrow_and_update();
            let next = {
                let mut tx = self.transaction();
                move_task::run_due(&mut tx);
                move_task::next_round(&tx)
            };
            tokio::select! {
                () = self.inner.clock.sleep_until_any(next) => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Receives messages, and waits if there are none and the request has a wait time. The wait ends when the clock has
    /// passed it or when the same time has passed in reality, so that a paused clock blocks nobody.
    async fn receive(&self, request: Request) -> Result<Value, AwsError> {
        let mut changes = self.inner.receivers.subscribe();
        let mut deadlines: Option<(Timestamp, Instant)> = None;
        loop {
            changes.mark_unchanged();
            let (now, (deadline, real_deadline), next_visible) = {
                let mut tx = self.transaction();
                let name = tx.open_queue(request.queue_url.as_deref())?;
                let messages = receive::receive(&mut tx, &name, &request)?;
                let deadlines = match deadlines {
                    Some(deadlines) => deadlines,
                    None => receive::wait_deadlines(&tx, &name, &request)?,
                };
                if !messages.is_empty() {
                    return Ok(json!({ "Messages": messages }));
                }
                (tx.now, deadlines, tx.queue(&name)?.next_visible(tx.now))
            };
            if now >= deadline || Instant::now() >= real_deadline {
                return Ok(json!({}));
            }
            deadlines = Some((deadline, real_deadline));
            let wake = next_visible.map_or(deadline, |next| next.min(deadline));
            tokio::select! {
                // The sender lives as long as `self`, so there is no error to handle.
                _ = changes.changed() => {}
                () = self.inner.clock.sleep_until(wake) => {}
                () = tokio::time::sleep_until(real_deadline) => {}
            }
        }
    }

    fn transaction(&self) -> Transaction<'_> {
        let Inner { clock, endpoint, durable, receivers } = &*self.inner;
        Transaction::begin(durable, endpoint, receivers, clock.now())
    }
}

#[async_trait]
impl Idle for Sqs {
    async fn is_idle(&self, now: Timestamp) -> bool {
        !self.transaction().state.move_tasks.iter().any(|task| task.is_due(now))
    }
}

#[async_trait]
impl SendToQueue for Sqs {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        let (name, is_fifo) = {
            let tx = self.transaction();
            let name = tx.queue_name(queue_arn).ok_or_else(|| {
                let message = format!("{} ({queue_arn})", error::no_such_queue().message);
                TargetError::new("AWS.SimpleQueueService.NonExistentQueue", message, false)
            })?;
            let is_fifo = tx.queue(&name).is_ok_and(queue::Queue::is_fifo);
            (name, is_fifo)
        };
        let attribute = |value: String| json!({ "DataType": "String", "StringValue": value });
        let attributes: BTreeMap<String, Value> =
            message.attributes.into_iter().map(|(name, value)| (name, attribute(value))).collect();
        let url = self.inner.endpoint.queue_url(&name);
        let mut body = json!({ "QueueUrl": url, "MessageBody": message.body, "MessageAttributes": attributes });
        if let Some(group) = message.group {
            body["MessageGroupId"] = json!(group);
        } else if is_fifo {
            // A sender without a message group uses the FIFO queue as one group.
            body["MessageGroupId"] = json!("default");
            body["MessageDeduplicationId"] = json!(uuid::Uuid::new_v4().to_string());
        }
        let sent = self.handle("SendMessage", body).await;
        sent.map(|_| ()).map_err(|error| TargetError::new(&error.code, error.message, error.status >= 500))
    }
}
