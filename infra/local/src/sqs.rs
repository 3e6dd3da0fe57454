//! SQS: standard and FIFO queues with AWS's JSON protocol. Queues, messages and deletions are durable; messages in
//! flight are visible again after a restart.

mod acknowledge;
mod attributes;
mod batch;
mod digest;
mod error;
mod location;
mod message;
mod move_task;
mod queue;
mod queues;
mod receive;
mod redrive_policy;
mod send;
mod state;
#[cfg(test)]
mod tests;
mod transaction;

pub use error::query_error;
pub use location::Location;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    aws_error::AwsError,
    clock::Clock,
    idle::Idle,
    interfaces::{NewMessage, SendToQueue, TargetError},
    wal::{Wal, WalError},
};
use state::{Change, State};
use transaction::{Transaction, parse};

/// All queues. A clone shares them.
#[derive(Clone, Debug)]
pub struct Sqs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    location: Location,
    wal: Wal<Change>,
    state: Mutex<State>,
    /// Counts the changes after which a waiting receive looks for messages again.
    receivers: watch::Sender<u64>,
}

impl Sqs {
    /// Opens the queues stored in this file.
    pub fn open(path: impl AsRef<Path>, location: Location, clock: Clock) -> Result<Self, WalError> {
        let (wal, changes) = Wal::open(path)?;
        let mut state = State::default();
        changes.into_iter().for_each(|change| state.apply(change));
        Ok(Self::new(wal, state, location, clock))
    }

    /// Creates queues that are lost with the process.
    pub fn in_memory(location: Location, clock: Clock) -> Self {
        Self::new(Wal::in_memory(), State::default(), location, clock)
    }

    fn new(wal: Wal<Change>, state: State, location: Location, clock: Clock) -> Self {
        let (state, receivers) = (Mutex::new(state), watch::Sender::new(0));
        Self { inner: Arc::new(Inner { clock, location, wal, state, receivers }) }
    }

    /// Handles one operation of the JSON protocol (`AmazonSQS.<operation>`).
    pub async fn handle(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        if operation == "ReceiveMessage" {
            return self.receive(parse(body)?).await;
        }
        let mut tx = self.transaction();
        match operation {
            "CreateQueue" => queues::create_queue(&mut tx, body),
            "DeleteQueue" => queues::delete_queue(&mut tx, body),
            "GetQueueUrl" => queues::get_queue_url(&tx, body),
            "ListQueues" => queues::list_queues(&tx, body),
            "ListDeadLetterSourceQueues" => queues::list_dead_letter_sources(&mut tx, body),
            "PurgeQueue" => queues::purge_queue(&mut tx, body),
            "TagQueue" => queues::tag_queue(&mut tx, body),
            "UntagQueue" => queues::untag_queue(&mut tx, body),
            "ListQueueTags" => queues::list_queue_tags(&mut tx, body),
            "GetQueueAttributes" => attributes::get_attributes(&mut tx, body),
            "SetQueueAttributes" => attributes::set_attributes(&mut tx, body),
            "SendMessage" => batch::single(&mut tx, body, send::send_message),
            "SendMessageBatch" => batch::batch_with_check(&mut tx, body, send::check_batch_size, send::send_message),
            "DeleteMessage" => batch::single(&mut tx, body, acknowledge::delete_message),
            "DeleteMessageBatch" => batch::batch(&mut tx, body, acknowledge::delete_message),
            "ChangeMessageVisibility" => batch::single(&mut tx, body, acknowledge::change_visibility),
            "ChangeMessageVisibilityBatch" => batch::batch(&mut tx, body, acknowledge::change_visibility),
            "StartMessageMoveTask" => move_task::start_move_task(&mut tx, body),
            "ListMessageMoveTasks" => move_task::list_move_tasks(&tx, body),
            "CancelMessageMoveTask" => move_task::cancel_move_task(&mut tx, body),
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
            let wait = async {
                match next {
                    Some(next) => self.inner.clock.sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    fn transaction(&self) -> Transaction<'_> {
        let Inner { clock, location, wal, state, receivers } = &*self.inner;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        Transaction { now: clock.now(), location, wal, state, receivers }
    }
}

#[async_trait]
impl Idle for Sqs {
    async fn is_idle(&self, now: Timestamp) -> bool {
        !move_task::has_due(&self.transaction(), now)
    }
}

#[async_trait]
impl SendToQueue for Sqs {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        let (name, is_fifo) = {
            let tx = self.transaction();
            let name = tx.queue_name(queue_arn).ok_or_else(|| TargetError {
                code: "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
                message: format!("{} ({queue_arn})", error::no_such_queue().message),
                transient: false,
            })?;
            let is_fifo = tx.queue(&name).is_ok_and(queue::Queue::is_fifo);
            (name, is_fifo)
        };
        let attribute = |value: String| json!({ "DataType": "String", "StringValue": value });
        let attributes: BTreeMap<String, Value> =
            message.attributes.into_iter().map(|(name, value)| (name, attribute(value))).collect();
        let url = self.inner.location.url(&name);
        let mut body = json!({ "QueueUrl": url, "MessageBody": message.body, "MessageAttributes": attributes });
        if let Some(group) = message.group {
            body["MessageGroupId"] = json!(group);
        } else if is_fifo {
            // A sender without a message group uses the FIFO queue as one group.
            body["MessageGroupId"] = json!("default");
            body["MessageDeduplicationId"] = json!(uuid::Uuid::new_v4().to_string());
        }
        self.handle("SendMessage", body).await.map(|_| ()).map_err(|error| TargetError {
            code: error.code,
            message: error.message,
            transient: error.status >= 500,
        })
    }
}
