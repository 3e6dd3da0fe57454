//! What the services that deliver share.

use std::sync::Arc;

use crate::{
    activity::ActivitySink,
    arn::AccountRegion,
    clock::Clock,
    faults::Faults,
    interfaces::{InvokeAsync, SendToQueue},
};

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
