//! In-memory implementations of every port: deterministic, complete, and without an async runtime.
//! [`Memory`] holds one of each, for tests and for local runs; [`MemoryBus`] is also an in-process message bus.
//! [`MemoryEventStream`] is a stream of events with positions, subscriptions and processors.

mod bus;
mod circuits;
mod clock;
mod dead_letters;
mod event_stream;
mod http;
mod inbox;
mod journal;
pub(crate) mod lock;
mod mailer;
mod outcomes;
mod store;
mod timers;
mod views;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    App, Gateways, Ports, VerificationPolicy,
    command::Cache,
    gateway::{HttpClient, Mailer},
};

pub use bus::{FailedDelivery, MemoryBus, Middleware, Next, Subject, SubscriptionId};
pub use circuits::MemoryCircuits;
pub use clock::{MemoryClock, MemoryIds};
pub use dead_letters::MemoryDeadLetters;
pub use event_stream::{
    CheckpointError, Checkpoints, EventFilter, Full, MemoryCheckpoints, MemoryEventStream, PROCESSOR_RETRY,
    ProcessError, Processor, RETRIES_EXHAUSTED, StreamEvent, Subscription, SubscriptionConfig, process,
};
pub use http::MemoryHttp;
pub use inbox::MemoryInbox;
pub use journal::MemoryJournal;
pub use mailer::{MailFault, MemoryMailer};
pub use outcomes::MemoryOutcomes;
pub use store::MemoryStore;
pub use timers::MemoryTimers;
pub use views::MemoryViews;

/// The number of streams that the cache of an in-memory app holds.
const CACHED_STREAMS: usize = 1000;

/// One in-memory implementation of each port. A clone shares them.
///
/// ```
/// use causeway::memory::Memory;
/// let memory = Memory::new(7);
/// let app = memory.app();
/// assert_eq!(app.clock().now().to_string(), "2026-01-01T00:00:00Z");
/// ```
#[derive(Clone)]
pub struct Memory {
    /// The log.
    pub store: Arc<MemoryStore>,
    /// The views.
    pub views: Arc<MemoryViews>,
    /// The inbox.
    pub inbox: Arc<MemoryInbox>,
    /// The outcomes of commands.
    pub outcomes: Arc<MemoryOutcomes>,
    /// The bus.
    pub bus: Arc<MemoryBus>,
    /// The timers.
    pub timers: Arc<MemoryTimers>,
    /// The dead letters.
    pub dead_letters: Arc<MemoryDeadLetters>,
    /// The clock.
    pub clock: Arc<MemoryClock>,
    /// Ids and random numbers.
    pub ids: Arc<MemoryIds>,
    /// The mail service.
    pub mailer: Arc<MemoryMailer>,
    /// The outside systems.
    pub http: Arc<MemoryHttp>,
}

impl Memory {
    /// Empty ports. Ids and random numbers follow from the seed; the clock begins in 2026, and a sleep advances it at once.
    pub fn new(seed: u64) -> Self {
        Self {
            store: Arc::default(),
            views: Arc::default(),
            inbox: Arc::default(),
            outcomes: Arc::default(),
            bus: Arc::default(),
            timers: Arc::default(),
            dead_letters: Arc::default(),
            clock: Arc::new(MemoryClock::hasty()),
            ids: Arc::new(MemoryIds::seeded(seed)),
            mailer: Arc::default(),
            http: Arc::default(),
        }
    }

    /// A new app on these ports, with a cache of its own.
    pub fn app(&self) -> App {
        App::new(self.ports())
    }

    /// The ports of an app, so that single ones can be replaced.
    pub fn ports(&self) -> Ports {
        let (mailer, http): (Arc<dyn Mailer>, Arc<dyn HttpClient>) = (self.mailer.clone(), self.http.clone());
        Ports {
            store: self.store.clone(),
            views: self.views.clone(),
            inbox: self.inbox.clone(),
            outcomes: self.outcomes.clone(),
            bus: self.bus.clone(),
            timers: self.timers.clone(),
            dead_letters: self.dead_letters.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            gateways: Gateways::default().with(mailer).with(http),
            cache: Cache::new(CACHED_STREAMS),
            verification: VerificationPolicy::default(),
        }
    }
}
