//! Notifies stream readers of writes to their table. The database itself has no notifications.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

/// The subscribers. Clones share them.
#[derive(Clone, Default)]
pub struct WriteNotifier {
    subscribers: Arc<RwLock<Vec<Subscriber>>>,
}

#[derive(Clone)]
struct Subscriber {
    table: String,
    notify: Arc<Notify>,
}

impl WriteNotifier {
    /// Subscribes to the writes of this table. A write while nobody waits ends the next wait at once.
    pub fn subscribe(&self, table: &str) -> Arc<Notify> {
        let subscriber = Subscriber { table: table.to_owned(), notify: Arc::default() };
        let notify = Arc::clone(&subscriber.notify);
        self.subscribers.write().unwrap_or_else(PoisonError::into_inner).push(subscriber);
        notify
    }

    /// Notifies the subscribers of this table.
    pub fn notify_table(&self, table: &str) {
        self.notify(|subscriber| subscriber.table == table);
    }

    /// Notifies every subscriber, after a write whose tables are not known.
    pub fn notify_all(&self) {
        self.notify(|_| true);
    }

    fn notify(&self, is_affected: impl Fn(&Subscriber) -> bool) {
        let subscribers = self.subscribers.read().unwrap_or_else(PoisonError::into_inner);
        subscribers.iter().filter(|one| is_affected(one)).for_each(|one| one.notify.notify_one());
    }
}
