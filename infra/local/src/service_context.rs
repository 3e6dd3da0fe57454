//! What the services that deliver need of the world around them.

use std::sync::Arc;

use crate::{
    activity::ActivitySink,
    clock::Clock,
    events::Place,
    faults::Faults,
    interfaces::{InvokeAsync, SendToQueue},
};

/// What a service needs of the world around it.
#[derive(Clone)]
pub struct ServiceContext {
    /// The region and account it pretends to be in.
    pub place: Place,
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
