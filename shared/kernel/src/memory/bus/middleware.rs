//! Middleware: what stands around each delivery to each subscriber, and may observe, change or stop it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::subscription::Subscription;
use crate::{failure::BoxError, message::envelope::Delivery};

/// Something around each delivery. What does not call `next` stops the delivery; what calls it with another message
/// changes it; what calls it and looks at the answer observes it.
///
/// ```
/// use causeway::{Delivery, failure::BoxError, memory::{Middleware, Next}};
/// struct OnlyOurs;
/// #[async_trait::async_trait]
/// impl Middleware for OnlyOurs {
///     async fn around(&self, delivery: Delivery, next: Next<'_>) -> Result<(), BoxError> {
///         match delivery.source.starts_with("causeway.") {
///             true => next.run(delivery).await,
///             false => Ok(()),
///         }
///     }
/// }
/// causeway::memory::MemoryBus::default().wrap(OnlyOurs);
/// ```
#[async_trait]
pub trait Middleware: Send + Sync {
    /// Stands around one delivery to one subscriber.
    async fn around(&self, delivery: Delivery, next: Next<'_>) -> Result<(), BoxError>;
}

/// What comes behind a middleware: the next one, or the subscriber.
pub struct Next<'a> {
    rest: &'a [Arc<dyn Middleware>],
    subscription: &'a Subscription,
}

impl<'a> Next<'a> {
    pub(super) fn new(rest: &'a [Arc<dyn Middleware>], subscription: &'a Subscription) -> Self {
        Self { rest, subscription }
    }

    /// Goes on with this message.
    pub fn run(self, delivery: Delivery) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            match self.rest.split_first() {
                Some((first, rest)) => first.around(delivery, Next { rest, subscription: self.subscription }).await,
                None => self.subscription.hear.hear(delivery).await,
            }
        })
    }
}
