//! SQS: standard and FIFO queues with AWS's JSON protocol. Messages, deletes and queues survive a
//! kill; what was in flight is visible again after a restart.

mod attributes;
mod batch;
mod digest;
mod error;
mod message;
mod move_task;
mod moving;
mod queue;
mod queues;
mod receipt;
mod receive;
mod record;
mod redrive;
mod send;
mod settings;
mod settle;
mod tags;
#[cfg(test)]
mod tests;
mod turn;

pub use error::query_error;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    aws_error::AwsError,
    clock::Clock,
    interfaces::{NewMessage, SendToQueue, TargetError},
    wal::{Wal, WalError},
};
use record::{Record, State};
use turn::Turn;

/// Where the queues are: what stands in their ARNs and URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The region.
    pub region: String,
    /// The account's twelve digits.
    pub account: String,
    /// The address at which this machine answers, without a slash at its end.
    pub endpoint: String,
}

impl Place {
    /// The ARN of the queue of this name.
    pub fn arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:{}:{}:{queue}", self.region, self.account)
    }

    /// The URL of the queue of this name.
    pub fn url(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.endpoint, self.account)
    }
}

/// All queues. A clone is the same queues.
#[derive(Clone, Debug)]
pub struct Sqs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    place: Place,
    wal: Wal<Record>,
    state: Mutex<State>,
    /// Counts the changes after which somebody who waits for a message should look again.
    changes: watch::Sender<u64>,
}

impl Sqs {
    /// The queues whose write-ahead log is this file, as they were when they were last changed.
    pub fn open(path: impl AsRef<Path>, place: Place, clock: Clock) -> Result<Self, WalError> {
        let (wal, records) = Wal::open(path)?;
        let mut state = State::default();
        records.into_iter().for_each(|record| state.apply(record));
        Ok(Self::new(wal, state, place, clock))
    }

    /// Queues that are forgotten with the process.
    pub fn in_memory(place: Place, clock: Clock) -> Self {
        Self::new(Wal::in_memory(), State::default(), place, clock)
    }

    fn new(wal: Wal<Record>, state: State, place: Place, clock: Clock) -> Self {
        let (state, changes) = (Mutex::new(state), watch::Sender::new(0));
        Self { inner: Arc::new(Inner { clock, place, wal, state, changes }) }
    }

    /// Answers one operation of the JSON protocol (`AmazonSQS.<operation>`).
    pub async fn handle(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        if operation == "ReceiveMessage" {
            return self.receive(turn::request(body)?).await;
        }
        let mut turn = self.turn();
        match operation {
            "CreateQueue" => queues::create(&mut turn, turn::request(body)?),
            "DeleteQueue" => queues::delete(&mut turn, &turn::request(body)?),
            "GetQueueUrl" => queues::url(&turn, &turn::request(body)?),
            "ListQueues" => queues::list(&turn, &turn::request(body)?),
            "ListDeadLetterSourceQueues" => queues::list_sources(&mut turn, &turn::request(body)?),
            "PurgeQueue" => queues::purge(&mut turn, &turn::request(body)?),
            "GetQueueAttributes" => settings::get(&mut turn, &turn::request(body)?),
            "SetQueueAttributes" => settings::set(&mut turn, &turn::request(body)?),
            "TagQueue" => tags::tag(&mut turn, turn::request(body)?),
            "UntagQueue" => tags::untag(&mut turn, &turn::request(body)?),
            "ListQueueTags" => tags::list(&mut turn, &turn::request(body)?),
            "SendMessage" => send::send(&mut turn, turn::request(body)?),
            "SendMessageBatch" => send::send_batch(&mut turn, turn::request(body)?),
            "DeleteMessage" => settle::delete(&mut turn, &turn::request(body)?),
            "DeleteMessageBatch" => settle::delete_batch(&mut turn, turn::request(body)?),
            "ChangeMessageVisibility" => settle::change(&mut turn, &turn::request(body)?),
            "ChangeMessageVisibilityBatch" => settle::change_batch(&mut turn, turn::request(body)?),
            "StartMessageMoveTask" => move_task::start(&mut turn, turn::request(body)?),
            "ListMessageMoveTasks" => move_task::list(&turn, &turn::request(body)?),
            "CancelMessageMoveTask" => move_task::cancel(&mut turn, &turn::request(body)?),
            _ => Err(AwsError::sender("UnknownOperationException", format!("SQS has no operation {operation}."))),
        }
    }

    /// Whether a message of the queue at this URL could be received now.
    pub fn has_receivable(&self, url: &str) -> bool {
        let mut turn = self.turn();
        let now = turn.now;
        let name = turn.enter(Some(url));
        name.is_ok_and(|name| turn.queue(&name).is_ok_and(|queue| !queue.receivable(now, 1).is_empty()))
    }

    fn turn(&self) -> Turn<'_> {
        let inner = &self.inner;
        let state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        Turn { now: inner.clock.now(), place: &inner.place, wal: &inner.wal, state, changes: &inner.changes }
    }
}

#[async_trait]
impl SendToQueue for Sqs {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        let refused = |code: String, message: String, transient| TargetError { code, message, transient };
        let name = self.turn().name_of(queue_arn).ok_or_else(|| {
            let missing = error::no_such_queue();
            let code = "AWS.SimpleQueueService.NonExistentQueue".to_owned();
            refused(code, format!("{} ({queue_arn})", missing.message), false)
        })?;
        let text = |value: String| json!({ "DataType": "String", "StringValue": value });
        let attributes: BTreeMap<String, Value> =
            message.attributes.into_iter().map(|(name, value)| (name, text(value))).collect();
        let url = self.inner.place.url(&name);
        let mut body = json!({ "QueueUrl": url, "MessageBody": message.body, "MessageAttributes": attributes });
        if let Some(group) = message.group {
            body["MessageGroupId"] = json!(group);
        } else if self.turn().queue(&name).is_ok_and(queue::Queue::is_fifo) {
            // Who sends without a group means the queue as a whole.
            body["MessageGroupId"] = json!("default");
            body["MessageDeduplicationId"] = json!(uuid::Uuid::new_v4().to_string());
        }
        match self.handle("SendMessage", body).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(error.code, error.message, error.status >= 500)),
        }
    }
}
