//! What the services that deliver need of the world around them.

use std::sync::Arc;

use crate::{
    activity::ActivitySink,
    arn::AccountRegion,
    clock::Clock,
    faults::Faults,
    interfaces::{InvokeAsync, SendToQueue},
};

/// What a service needs of the world around it.
#[derive(Clone)]
pub struct ServiceContext {
    /// The emulated account and region.
    pub account_region: AccountRegion,
    /// All waiting goes through it.
    pub clock: Clock,
    /// Where functions are invoked.
    pub functions: Arc<dyn InvokeAsync>,
    /// Where messages and dead letters are sent.
    pub queues: Arc<dyn SendToQueue>,
    /// Who watches.
    pub activity: Arc<dyn ActivitySink>,
    /// Where ids and pauses come from.
    pub seed: u64,
    /// What goes wrong on purpose.
    pub faults: Faults,
}
