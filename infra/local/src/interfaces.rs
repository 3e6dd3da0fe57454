//! What the parts of the local cloud ask of each other. Each part knows the others only by these.

use std::collections::BTreeMap;

use async_trait::async_trait;

/// A message or an event that was not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct TargetError {
    /// The cloud's word for it: `NO_RESOURCE`, `THROTTLING`, `AWS.SimpleQueueService.NonExistentQueue` …
    pub code: String,
    /// What is said to people.
    pub message: String,
    /// Whether it may be taken later.
    pub transient: bool,
}

/// A message for a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The body.
    pub body: String,
    /// Its message attributes, all texts.
    pub attributes: BTreeMap<String, String>,
    /// Its group. Who names one leaves it to a FIFO queue to know a message again by its content.
    pub group: Option<String>,
}

/// The queues, as those see them who only send.
#[async_trait]
pub trait SendToQueue: Send + Sync {
    /// Sends to the queue of this ARN. When this returns, the message survives a kill.
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError>;
}

/// The functions, as those see them who hand over an event and do not wait for its answer.
#[async_trait]
pub trait InvokeAsync: Send + Sync {
    /// Hands the event over for an asynchronous invoke. When this returns, the event survives a kill.
    async fn invoke_async(&self, function_arn: &str, event: String) -> Result<(), TargetError>;
}

/// The buses, as those see them who put one event: timers and schedules.
#[async_trait]
pub trait PutOnBus: Send + Sync {
    /// Puts an event on the bus of this ARN. When this returns, the event survives a kill.
    async fn put(&self, bus_arn: &str, event: NewEvent) -> Result<(), TargetError>;
}

/// An event for a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Who says it.
    pub source: String,
    /// What kind it is.
    pub detail_type: String,
    /// The body: a JSON object.
    pub detail: String,
    /// What it is about.
    pub resources: Vec<String>,
}
