//! [`Subscription`]: reads a stream by its own position: first what is stored, then what is appended.
//! Both come from the same log by the same position, so there is no switch at which an event is missed or repeated.
//! A dropped `next` loses nothing; a dropped subscription no longer holds writers.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::Stream;

use super::state::{Shared, StreamEvent, SubscriptionConfig};

/// A reader of a [`MemoryEventStream`](super::MemoryEventStream), and a [`Stream`] of its events.
pub struct Subscription {
    shared: Arc<Shared>,
    id: u64,
}

impl Subscription {
    pub(super) fn new(shared: Arc<Shared>, config: SubscriptionConfig) -> Self {
        let id = shared.subscribe(config);
        Self { shared, id }
    }

    /// The next event; waits until there is one. `None` when every handle of the stream is dropped and all its events
    /// are delivered. Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        poll_fn(|context| self.shared.poll_next(self.id, context.waker())).await
    }
}

impl Stream for Subscription {
    type Item = StreamEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        self.shared.poll_next(self.id, context.waker())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.unsubscribe(self.id);
    }
}
