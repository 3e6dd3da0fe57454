//! [`MemoryEventStream`]: an event stream in memory, read by subscriptions that each have a position of their own.
//! An optional capacity makes writers wait for the slowest subscriber. A [`Processor`] handles the events one by one, and
//! after a kill [`process`] continues behind the last event that was handled.

mod processor;
mod state;
mod subscription;

#[cfg(test)]
mod tests;

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use crate::Delivery;

use state::Shared;

pub use processor::{
    CheckpointError, Checkpoints, MemoryCheckpoints, PROCESSOR_RETRY, ProcessError, Processor, RETRIES_EXHAUSTED,
    process,
};
pub use state::{EventFilter, Full, StreamEvent, SubscriptionConfig};
pub use subscription::Subscription;

/// An event stream in memory: positions are counted from 1 without gaps, and an event is kept once for all subscriptions.
/// A clone is another handle of the same stream; when the last handle is dropped, subscriptions end after the last event.
///
/// On a bounded stream a writer and a subscription should run as separate tasks: a task that waits for its own
/// subscription waits forever.
///
/// ```
/// use causeway::{Delivery, memory::{EventFilter, MemoryEventStream, SubscriptionConfig}};
/// # fn event(name: &str) -> Delivery {
/// #     let detail = serde_json::value::to_raw_value(&()).unwrap();
/// #     Delivery { id: "bus-1".into(), source: "causeway.order".into(), account: None, detail_type: name.into(),
/// #         time: jiff::Timestamp::UNIX_EPOCH, detail, replay_name: None }
/// # }
/// # futures::executor::block_on(async {
/// let stream = MemoryEventStream::bounded(2);
/// stream.append(vec![event("OrderPlaced"), event("OrderPaid")]).await;
///
/// let filter = EventFilter::named(["OrderPlaced"]);
/// let mut placed = stream.subscribe(SubscriptionConfig { filter, ..SubscriptionConfig::new("placed", 1) });
/// assert_eq!(placed.next().await.map(|event| event.position), Some(1), "stored before the subscription");
///
/// assert_eq!(stream.append(vec![event("OrderPlaced"), event("OrderPlaced")]).await, 4);
/// let full = stream.try_append(vec![event("OrderPlaced")]).unwrap_err();
/// assert_eq!(full.to_string(), "not appended: placed is 2 events behind, at most 2 are allowed");
///
/// assert_eq!(placed.next().await.map(|event| event.position), Some(3));
/// assert_eq!(stream.try_append(vec![event("OrderPlaced")]), Ok(5));
/// # });
/// ```
#[derive(Clone, Default)]
pub struct MemoryEventStream {
    handle: Arc<Handle>,
}

/// What all handles share; subscriptions share only the state in it.
#[derive(Default)]
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl MemoryEventStream {
    /// A stream whose writers wait while a subscription would be more than this many events behind. The stream keeps all
    /// events; what is bounded is the distance between writers and subscriptions. A capacity of 0 works as 1.
    pub fn bounded(capacity: usize) -> Self {
        Self { handle: Arc::new(Handle { shared: Arc::new(Shared::new(Some(capacity))) }) }
    }

    /// Appends the events together and returns the position of the last one. Waits while they would put a subscriber over
    /// its capacity; writers that wait are served in their order. A batch that is larger than the capacity is appended
    /// when the subscriber has taken everything.
    ///
    /// If the future is dropped before it returns, nothing is appended. A future that waits and is neither polled nor
    /// dropped holds the writers behind it.
    pub async fn append(&self, events: Vec<Delivery>) -> u64 {
        let mut append = Append { shared: &self.handle.shared, id: None, events: shared_events(events) };
        poll_fn(|context| append.poll(context)).await
    }

    /// Appends the events together and returns the position of the last one, or names the slowest subscriber if `append`
    /// would wait for it. It does not queue behind writers that wait.
    pub fn try_append(&self, events: Vec<Delivery>) -> Result<u64, Full> {
        self.handle.shared.try_append(shared_events(events))
    }

    /// At most `max` events from this position on.
    pub fn read(&self, from: u64, max: usize) -> Vec<StreamEvent> {
        self.handle.shared.read(&EventFilter::All, from, max)
    }

    /// At most `max` events of this name from this position on.
    pub fn read_type(&self, name: &str, from: u64, max: usize) -> Vec<StreamEvent> {
        self.handle.shared.read(&EventFilter::named([name]), from, max)
    }

    /// The position of the last event; 0 if there is none.
    pub fn last_position(&self) -> u64 {
        self.handle.shared.last_position()
    }

    /// Subscribes to the events from a position on, stored or not yet appended. From now on writers wait for the
    /// subscription if it has a capacity or the stream is bounded, also while it reads what is stored.
    pub fn subscribe(&self, config: SubscriptionConfig) -> Subscription {
        Subscription::new(Arc::clone(&self.handle.shared), config)
    }
}

fn shared_events(events: Vec<Delivery>) -> Vec<Arc<Delivery>> {
    events.into_iter().map(Arc::new).collect()
}

/// An append that may wait. Dropping it withdraws the events.
struct Append<'a> {
    shared: &'a Shared,
    id: Option<u64>,
    events: Vec<Arc<Delivery>>,
}

impl Append<'_> {
    fn poll(&mut self, context: &Context<'_>) -> Poll<u64> {
        self.shared.poll_append(&mut self.id, &mut self.events, context.waker())
    }
}

impl Drop for Append<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.shared.remove_writer(id);
        }
    }
}
