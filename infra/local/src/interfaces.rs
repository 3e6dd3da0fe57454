//! The interfaces by which the services of the local cloud call each other, and the context that those services share that
//! deliver.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use crate::{activity::ActivitySink, arn::AccountRegion, clock::Clock, faults::Faults};

/// A target did not accept a message or an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct TargetError {
    /// The AWS error code: `NO_RESOURCE`, `THROTTLING`, `AWS.SimpleQueueService.NonExistentQueue` …
    pub code: String,
    /// The message for people.
    pub message: String,
    /// Whether a retry may succeed.
    pub transient: bool,
}

impl TargetError {
    /// An error with this AWS code.
    pub fn new(code: &str, message: impl Into<String>, transient: bool) -> Self {
        Self { code: code.to_owned(), message: message.into(), transient }
    }
}

/// A message for a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The body.
    pub body: String,
    /// The message attributes, all of type `String`.
    pub attributes: BTreeMap<String, String>,
    /// The message group id. With one, a FIFO queue deduplicates by content.
    pub group: Option<String>,
}

/// Sends messages to queues.
#[async_trait]
pub trait SendToQueue: Send + Sync {
    /// Sends to the queue of this ARN. When this returns, the message survives a kill.
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError>;
}

/// Invokes functions asynchronously.
#[async_trait]
pub trait InvokeAsync: Send + Sync {
    /// Queues the event for the function. When this returns, the event survives a kill.
    async fn invoke_async(&self, function_arn: &str, event: String) -> Result<(), TargetError>;
}

/// Puts single events on a bus, for timers and schedules.
#[async_trait]
pub trait PutOnBus: Send + Sync {
    /// Puts an event on the bus of this ARN. When this returns, the event survives a kill.
    async fn put(&self, bus_arn: &str, event: NewEvent) -> Result<(), TargetError>;
}

/// An event for a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The `source` of the envelope.
    pub source: String,
    /// The `detail-type` of the envelope.
    pub detail_type: String,
    /// The `detail` of the envelope: a JSON object.
    pub detail: String,
    /// The `resources` of the envelope.
    pub resources: Vec<String>,
}

/// The clock, targets, observer and faults of a service.
#[derive(Clone)]
pub struct ServiceContext {
    /// The region and account of the local cloud.
    pub account_region: AccountRegion,
    /// The clock for all waits.
    pub clock: Clock,
    /// Invokes functions asynchronously.
    pub functions: Arc<dyn InvokeAsync>,
    /// Receives messages and dead letters.
    pub queues: Arc<dyn SendToQueue>,
    /// Records the activity.
    pub activity: Arc<dyn ActivitySink>,
    /// The seed of ids and retry jitter.
    pub seed: u64,
    /// The faults to inject.
    pub faults: Faults,
}
