//! [`Ports`]: everything that the functions of the library need of the outside, as one struct of trait objects.
//! Every function takes `&Ports`; [`App`](crate::App) wraps them for handlers.

use std::sync::Arc;

use crate::{
    command::cache::Cache,
    delivery::{
        bus::Bus, dead_letter::DeadLetters, inbox::Inbox, outcome::Outcomes, verification_policy::VerificationPolicy,
    },
    gateway::Gateways,
    log::EventStore,
    time::{Clock, Ids, Timers},
    view::ViewStore,
};

/// The ports that an application runs on.
pub struct Ports {
    /// The log: appends commits and reads streams.
    pub store: Arc<dyn EventStore>,
    /// The rows of all views.
    pub views: Arc<dyn ViewStore>,
    /// The claims of messages whose effect leaves the system.
    pub inbox: Arc<dyn Inbox>,
    /// What became of commands from outside.
    pub outcomes: Arc<dyn Outcomes>,
    /// The bus that messages are published on.
    pub bus: Arc<dyn Bus>,
    /// The scheduler of timers.
    pub timers: Arc<dyn Timers>,
    /// The store of messages that can never be handled.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// The current time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// Random ids and random numbers.
    pub ids: Arc<dyn Ids>,
    /// The clients of outside services, by their port type.
    pub gateways: Gateways,
    /// The streams that this process loaded last.
    pub cache: Cache,
    /// What is verified of a message before its handler runs.
    pub verification: VerificationPolicy,
}
