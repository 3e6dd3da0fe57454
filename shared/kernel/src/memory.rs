//! Twins of every port, in memory: deterministic, complete, and without any runtime.
//! Together they are a whole house that runs on one seed; [`MemoryBus`] is also the bus that one starts with.

mod bus;
mod clock;
mod dead_letters;
mod ids;
mod inbox;
mod mailer;
mod store;
mod timers;
mod views;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    app::{App, Ports},
    command::cache::Cache,
    delivery::verify::VerificationPolicy,
    gateway::{gateways::Gateways, mail::Mailer},
};

pub use bus::{FailedDelivery, MemoryBus, Middleware, Next, Subject, SubscriptionId};
pub use clock::MemoryClock;
pub use dead_letters::MemoryDeadLetters;
pub use ids::MemoryIds;
pub use inbox::MemoryInbox;
pub use mailer::{MailFault, MemoryMailer};
pub use store::MemoryStore;
pub use timers::MemoryTimers;
pub use views::MemoryViews;

/// How many streams the cache of a memory app keeps.
const CACHED_STREAMS: usize = 1000;

/// All twins in one hand; a clone is the same memory.
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
    /// The bus.
    pub bus: Arc<MemoryBus>,
    /// The timers.
    pub timers: Arc<MemoryTimers>,
    /// The dead letters.
    pub dead_letters: Arc<MemoryDeadLetters>,
    /// The clock.
    pub clock: Arc<MemoryClock>,
    /// Ids and chance.
    pub ids: Arc<MemoryIds>,
    /// The mail.
    pub mailer: Arc<MemoryMailer>,
}

impl Memory {
    /// An empty memory whose ids and chance follow from the seed. Its clock is hasty and begins in 2026.
    pub fn new(seed: u64) -> Self {
        Self {
            store: Arc::default(),
            views: Arc::default(),
            inbox: Arc::default(),
            bus: Arc::default(),
            timers: Arc::default(),
            dead_letters: Arc::default(),
            clock: Arc::new(MemoryClock::hasty()),
            ids: Arc::new(MemoryIds::seeded(seed)),
            mailer: Arc::default(),
        }
    }

    /// An app on these twins, with a cache of its own.
    pub fn app(&self) -> App {
        App::new(self.ports())
    }

    /// The parts of an app on these twins, so that single ports can be exchanged.
    pub fn ports(&self) -> Ports {
        let mailer: Arc<dyn Mailer> = self.mailer.clone();
        Ports {
            store: self.store.clone(),
            views: self.views.clone(),
            inbox: self.inbox.clone(),
            bus: self.bus.clone(),
            timers: self.timers.clone(),
            dead_letters: self.dead_letters.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            gateways: Gateways::default().with(mailer),
            cache: Cache::new(CACHED_STREAMS),
            verification: VerificationPolicy::default(),
        }
    }
}

/// Locks, also after another holder panicked: a twin's data is whole between two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
