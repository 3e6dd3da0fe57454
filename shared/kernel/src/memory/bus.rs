//! The bus in memory: subscribe, publish, look back.
//! Handlers of one message run side by side; one that fails or panics harms no other, and its error can be read.

mod history;
mod middleware;
mod subscription;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use serde_json::value::to_raw_value;

use super::lock;
use crate::{
    delivery::bus::{Bus, Entry, PublishOutcome},
    failure::{BoxError, causes},
    message::envelope::Delivery,
};
use history::History;
use subscription::{Callback, Subscription};

pub use middleware::{Middleware, Next};
pub use subscription::{Subject, SubscriptionId};

/// How many messages are remembered unless it is said otherwise.
const INBOX_RETENTION: usize = 100_000;

/// A bus in memory.
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
/// let heard = Arc::new(AtomicU32::new(0));
/// let counter = heard.clone();
/// let subscription = bus.subscribe("CommandRejected", move |_| {
///     counter.fetch_add(1, Ordering::Relaxed);
///     Ok(())
/// });
/// # futures::executor::block_on(async {
/// bus.publish(&[entry.clone()]).await;
/// assert_eq!(heard.load(Ordering::Relaxed), 1);
/// assert!(bus.unsubscribe(subscription));
/// bus.publish(&[entry]).await;
/// assert_eq!(heard.load(Ordering::Relaxed), 1, "an ended subscription gets nothing");
/// assert_eq!(bus.deliveries().len(), 2, "the bus remembers");
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
    /// Whose subscription.
    pub subscription: SubscriptionId,
    /// The message.
    pub delivery: Delivery,
    /// Why: the error and its causes, or what the panic said.
    pub reason: String,
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self::with_history(INBOX_RETENTION)
    }
}

impl MemoryBus {
    /// A bus that remembers so many messages and errors; the oldest make room.
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

    /// Calls the closure with each message of the subject.
    pub fn subscribe(
        &self,
        subject: impl Into<Subject>,
        closure: impl Fn(&Delivery) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> SubscriptionId {
        self.add(subject.into(), Callback::Sync(Box::new(closure)))
    }

    /// Hands each message of the subject to the handler, side by side with all other handlers.
    pub fn subscribe_async<Answer>(
        &self,
        subject: impl Into<Subject>,
        handler: impl Fn(Delivery) -> Answer + Send + Sync + 'static,
    ) -> SubscriptionId
    where
        Answer: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.add(subject.into(), Callback::Async(Box::new(move |delivery| handler(delivery).boxed())))
    }

    /// Ends a subscription. False when there is none of this id.
    pub fn unsubscribe(&self, id: SubscriptionId) -> bool {
        let mut state = lock(&self.state);
        let before = state.subscriptions.len();
        state.subscriptions.retain(|subscription| subscription.id != id);
        state.subscriptions.len() < before
    }

    /// Puts a middleware around all further deliveries, inside of those that are there.
    pub fn wrap(&self, middleware: impl Middleware + 'static) {
        lock(&self.state).middleware.push(Arc::new(middleware));
    }

    /// Says one entry, and answers with the message as its subscribers got it.
    pub async fn say(&self, entry: &Entry) -> Result<Delivery, serde_json::Error> {
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

    /// Delivers a message that is ready as it is, and remembers it.
    pub async fn deliver(&self, delivery: Delivery) {
        let (subscriptions, middleware) = {
            let mut state = lock(&self.state);
            state.history.push(delivery.clone());
            (state.subscriptions.clone(), state.middleware.clone())
        };
        let wanted = subscriptions.iter().filter(|subscription| subscription.subject.takes(&delivery));
        let hearing: Vec<BoxFuture<'_, Option<FailedDelivery>>> =
            wanted.map(|subscription| hear(&middleware, subscription, delivery.clone()).boxed()).collect();
        for failures in join_all(hearing).await.into_iter().flatten() {
            lock(&self.state).failures.push(failures);
        }
    }

    /// The remembered messages, the oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.state).history.all()
    }

    /// The remembered messages that no earlier call of this took.
    pub fn drain(&self) -> Vec<Delivery> {
        lock(&self.state).history.take_new()
    }

    /// The remembered errors of subscribers, the oldest first.
    pub fn failures(&self) -> Vec<FailedDelivery> {
        lock(&self.state).failures.all()
    }

    fn add(&self, subject: Subject, hear: Callback) -> SubscriptionId {
        let mut state = lock(&self.state);
        state.subscribed += 1;
        let id = SubscriptionId::new(state.subscribed);
        state.subscriptions.push(Arc::new(Subscription { id, subject, hear }));
        id
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let mut said = Vec::with_capacity(entries.len());
        for entry in entries {
            said.push(match self.say(entry).await {
                Ok(_) => PublishOutcome::Accepted,
                Err(error) => {
                    PublishOutcome::Permanent { code: "MalformedDetail".to_owned(), reason: error.to_string() }
                }
            });
        }
        said
    }
}

/// Lets one subscriber hear the message, and catches what goes wrong.
async fn hear(rest: &[Arc<dyn Middleware>], subscription: &Subscription, delivery: Delivery) -> Option<FailedDelivery> {
    let hearing = async { Next::new(rest, subscription).run(delivery.clone()).await };
    let reason = match AssertUnwindSafe(hearing).catch_unwind().await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => causes(error.as_ref()),
        Err(panic) => panic_message(panic.as_ref()),
    };
    Some(FailedDelivery { subscription: subscription.id, delivery, reason })
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", words.as_deref().unwrap_or("without a word"))
}
