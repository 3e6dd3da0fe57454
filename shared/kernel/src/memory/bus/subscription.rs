//! A subscription: who hears which messages, at once or later.

use futures::future::BoxFuture;

use crate::{failure::BoxError, message::envelope::Delivery};

/// A subscription's id, by which it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(u64);

/// Which messages a subscription hears. A text is the message of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All of them.
    All,
    /// Those of this name.
    Named(String),
}

pub(super) struct Subscription {
    pub(super) id: SubscriptionId,
    pub(super) subject: Subject,
    pub(super) hear: Callback,
}

/// How a message is heard.
pub(super) enum Callback {
    Sync(Box<Closure>),
    Async(Box<Handler>),
}

type Closure = dyn Fn(&Delivery) -> Result<(), BoxError> + Send + Sync;
type Handler = dyn Fn(Delivery) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync;

impl SubscriptionId {
    pub(super) fn new(number: u64) -> Self {
        Self(number)
    }
}

impl From<&str> for Subject {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl Subject {
    pub(super) fn takes(&self, delivery: &Delivery) -> bool {
        match self {
            Self::All => true,
            Self::Named(name) => *name == delivery.detail_type,
        }
    }
}

impl Callback {
    pub(super) async fn hear(&self, delivery: Delivery) -> Result<(), BoxError> {
        match self {
            Self::Sync(closure) => closure(&delivery),
            Self::Async(handler) => handler(delivery).await,
        }
    }
}
