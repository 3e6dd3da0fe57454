//! [`MemoryBus`]: subscriptions, middleware, and a history of what was published.
//! The handlers of one message run concurrently; one that fails or panics does not affect the others.

use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{BoxFuture, join_all, ready},
};
use serde_json::value::to_raw_value;

use crate::{
    Delivery,
    delivery::{Bus, Entry, PublishOutcome},
    failure::{BoxError, causes},
    memory::lock::lock,
};

/// The default number of messages in the history.
const HISTORY: usize = 100_000;

/// An in-process message bus.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU32, Ordering}};
/// use causeway::memory::{MemoryBus, Subject};
/// # use causeway::{Encoded, delivery::bus::{Bus, Entry}, message::{envelope::{Cause, Envelope}, system::CommandRejected}, Message, Id};
/// # let id: causeway::MessageId = "e-1".parse()?;
/// # let rejected = CommandRejected { stream: "order/o-1".into(), command_id: id.clone(), command: "PlaceOrder".into(),
/// #     rule: "AlreadyPlaced".into(), reason: "it is placed".into() };
/// # let envelope = Envelope { event_id: id.clone(), event_type: CommandRejected::NAME.into(), event_version: 1,
/// #     aggregate_type: "system".into(), aggregate_id: "e-1".into(), version: None,
/// #     timestamp: jiff::Timestamp::UNIX_EPOCH, data: Encoded::of(&rejected)?.data,
/// #     metadata: Cause::new(id, "PlaceOrder").metadata };
/// # let entry = Entry::from_context("system", envelope);
/// let bus = MemoryBus::default();
/// let received = Arc::new(AtomicU32::new(0));
/// let counter = received.clone();
/// let subscription = bus.subscribe("CommandRejected", move |_| {
///     counter.fetch_add(1, Ordering::Relaxed);
///     Ok(())
/// });
/// # futures::executor::block_on(async {
/// bus.publish(&[entry.clone()]).await;
/// assert_eq!(received.load(Ordering::Relaxed), 1);
/// assert!(bus.unsubscribe(subscription));
/// bus.publish(&[entry]).await;
/// assert_eq!(received.load(Ordering::Relaxed), 1, "an ended subscription gets nothing");
/// assert_eq!(bus.deliveries().len(), 2, "both are in the history");
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MemoryBus {
    state: Mutex<State>,
}

struct State {
    subscriptions: Vec<Arc<Subscription>>,
    middleware: Vec<Arc<dyn Middleware>>,
    history: History<Delivery>,
    failures: History<FailedDelivery>,
    subscribed: u64,
    published: u64,
}

/// A message that a subscriber did not handle.
#[derive(Clone, Debug)]
pub struct FailedDelivery {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The message.
    pub delivery: Delivery,
    /// The error and its causes, or the panic message.
    pub reason: String,
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::with_history(HISTORY)
    }
}

impl MemoryBus {
    /// A bus with a history of at most this many messages and this many failures; the oldest are dropped.
    pub fn with_history(bound: usize) -> Self {
        let state = State {
            subscriptions: Vec::new(),
            middleware: Vec::new(),
            history: History::new(bound),
            failures: History::new(bound),
            subscribed: 0,
            published: 0,
        };
        Self { state: Mutex::new(state) }
    }

    /// Calls the closure for each message of the subject.
    pub fn subscribe(
        &self,
        subject: impl Into<Subject>,
        closure: impl Fn(&Delivery) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> SubscriptionId {
        self.subscribe_async(subject, move |delivery| ready(closure(&delivery)))
    }

    /// Calls the async handler for each message of the subject, concurrently with all other handlers.
    pub fn subscribe_async<Answer>(
        &self,
        subject: impl Into<Subject>,
        handler: impl Fn(Delivery) -> Answer + Send + Sync + 'static,
    ) -> SubscriptionId
    where
        Answer: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.add(subject.into(), Box::new(move |delivery| handler(delivery).boxed()))
    }

    /// Ends a subscription. Returns false if there is none with this id.
    pub fn unsubscribe(&self, id: SubscriptionId) -> bool {
        let mut state = lock(&self.state);
        let before = state.subscriptions.len();
        state.subscriptions.retain(|subscription| subscription.id != id);
        state.subscriptions.len() < before
    }

    /// Wraps all further deliveries in a middleware, inside of the earlier ones.
    pub fn wrap(&self, middleware: impl Middleware + 'static) {
        lock(&self.state).middleware.push(Arc::new(middleware));
    }

    /// Publishes one entry and returns its delivery.
    pub async fn publish_one(&self, entry: &Entry) -> Result<Delivery, serde_json::Error> {
        let delivery = {
            let mut state = lock(&self.state);
            state.published += 1;
            Delivery {
                id: format!("bus-{}", state.published),
                source: entry.source.clone(),
                account: None,
                detail_type: entry.envelope.event_type.clone(),
                time: entry.time(),
                detail: to_raw_value(&entry.envelope)?,
                replay_name: None,
            }
        };
        self.deliver(delivery.clone()).await;
        Ok(delivery)
    }

    /// Delivers a message to its subscribers and adds it to the history.
    pub async fn deliver(&self, delivery: Delivery) {
        let (subscriptions, middleware) = {
            let mut state = lock(&self.state);
            state.history.push(delivery.clone());
            (state.subscriptions.clone(), state.middleware.clone())
        };
        let matching = subscriptions.iter().filter(|subscription| subscription.subject.matches(&delivery));
        let handling: Vec<BoxFuture<'_, Option<FailedDelivery>>> =
            matching.map(|subscription| handle(&middleware, subscription, delivery.clone()).boxed()).collect();
        for failures in join_all(handling).await.into_iter().flatten() {
            lock(&self.state).failures.push(failures);
        }
    }

    /// The messages in the history, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.state).history.all()
    }

    /// The messages in the history that no earlier call has drained.
    pub fn drain(&self) -> Vec<Delivery> {
        lock(&self.state).history.drain_new()
    }

    /// The failed deliveries in the history, oldest first.
    pub fn failures(&self) -> Vec<FailedDelivery> {
        lock(&self.state).failures.all()
    }

    fn add(&self, subject: Subject, callback: Box<Handler>) -> SubscriptionId {
        let mut state = lock(&self.state);
        state.subscribed += 1;
        let id = SubscriptionId::new(state.subscribed);
        state.subscriptions.push(Arc::new(Subscription { id, subject, callback }));
        id
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            outcomes.push(match self.publish_one(entry).await {
                Ok(_) => PublishOutcome::Accepted,
                Err(error) => {
                    PublishOutcome::Permanent { code: "MalformedDetail".to_owned(), reason: error.to_string() }
                }
            });
        }
        outcomes
    }
}

/// Calls one subscriber through the middleware, and catches its error or panic.
async fn handle(
    rest: &[Arc<dyn Middleware>],
    subscription: &Subscription,
    delivery: Delivery,
) -> Option<FailedDelivery> {
    let handling = async { Next::new(rest, subscription).run(delivery.clone()).await };
    let reason = match AssertUnwindSafe(handling).catch_unwind().await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => causes(error.as_ref()),
        Err(panic) => panic_message(panic.as_ref()),
    };
    Some(FailedDelivery { subscription: subscription.id, delivery, reason })
}

pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", message.as_deref().unwrap_or("without a message"))
}

/// The id of a subscription, to end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(u64);

/// The messages that a subscription receives. A `&str` is the messages of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All messages.
    All,
    /// The messages of this name.
    Named(String),
}

struct Subscription {
    id: SubscriptionId,
    subject: Subject,
    callback: Box<Handler>,
}

/// How a message is received.
type Handler = dyn Fn(Delivery) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync;

impl SubscriptionId {
    fn new(number: u64) -> Self {
        Self(number)
    }
}

impl From<&str> for Subject {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl Subject {
    fn matches(&self, delivery: &Delivery) -> bool {
        match self {
            Self::All => true,
            Self::Named(name) => *name == delivery.detail_type,
        }
    }
}

/// Code around each delivery to each subscriber. It may observe the result of `next`, call it with a changed message, or
/// stop the delivery by not calling it.
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
    /// Wraps one delivery to one subscriber.
    async fn around(&self, delivery: Delivery, next: Next<'_>) -> Result<(), BoxError>;
}

/// The rest of a delivery: the next middleware, or the subscriber.
pub struct Next<'a> {
    rest: &'a [Arc<dyn Middleware>],
    subscription: &'a Subscription,
}

impl<'a> Next<'a> {
    fn new(rest: &'a [Arc<dyn Middleware>], subscription: &'a Subscription) -> Self {
        Self { rest, subscription }
    }

    /// Continues with this message.
    pub fn run(self, delivery: Delivery) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            match self.rest.split_first() {
                Some((first, rest)) => first.around(delivery, Next { rest, subscription: self.subscription }).await,
                None => (self.subscription.callback)(delivery).await,
            }
        })
    }
}

#[derive(Debug)]
struct History<T> {
    bound: usize,
    items: VecDeque<T>,
    /// How many of the newest items were not drained yet.
    new: usize,
}

impl<T: Clone> History<T> {
    fn new(bound: usize) -> Self {
        Self { bound, items: VecDeque::new(), new: 0 }
    }

    fn push(&mut self, item: T) {
        self.items.push_back(item);
        while self.items.len() > self.bound {
            self.items.pop_front();
        }
        self.new = self.items.len().min(self.new + 1);
    }

    fn all(&self) -> Vec<T> {
        self.items.iter().cloned().collect()
    }

    fn drain_new(&mut self) -> Vec<T> {
        let seen = self.items.len() - self.new;
        self.new = 0;
        self.items.iter().skip(seen).cloned().collect()
    }
}
