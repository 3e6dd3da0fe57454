//! A simulated sequence: deliveries as a bus would hand them over, to feed handlers and routes with.

use jiff::{SignedDuration, Timestamp};
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::diff::fail;
use crate::{
    app::App,
    delivery::{bus::source_of, route::Route},
    failure::Outcome,
    memory::{MemoryClock, MemoryIds},
    message::{
        contract::{Encoded, Message},
        envelope::{Cause, Delivery, Envelope, Metadata},
        id::{MessageId, StreamId},
    },
    time::clock::{Clock, Ids},
};

/// Builds deliveries one by one. Each message follows from the one before it, so that they share a correlation.
///
/// ```
/// # use causeway::{StreamId, delivery::receive::receive, message::system::CommandRejected, testing::Sequence};
/// # let rejected = CommandRejected { stream: "order/o-1".into(), command_id: "c-1".parse()?, command: "PlaceOrder".into(),
/// #     rule: "AlreadyPlaced".into(), reason: "it is placed".into() };
/// let deliveries = Sequence::new(StreamId::parse("system/c-1")?).fact(&rejected).redelivered().fact(&rejected).deliveries();
/// let received = deliveries.iter().map(receive::<CommandRejected>).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(received[0], received[1], "the same message, delivered twice");
/// assert_eq!(received[2].version, Some(2));
/// assert_eq!(received[2].metadata.causation_id, received[0].id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sequence {
    stream: StreamId,
    now: Timestamp,
    version: u64,
    last: Option<(MessageId, Metadata)>,
    deliveries: Vec<Delivery>,
}

impl Sequence {
    /// A sequence around this stream; its first fact has version 1, and it begins with the year 2026.
    pub fn new(stream: StreamId) -> Self {
        Self { stream, now: MemoryClock::default().now(), version: 0, last: None, deliveries: Vec::new() }
    }

    /// It is this time now.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Time passes.
    #[must_use]
    pub fn after(mut self, duration: SignedDuration) -> Self {
        self.now = self.now.checked_add(duration).unwrap_or(Timestamp::MAX);
        self
    }

    /// The versions go on from here: the next fact has the next one.
    #[must_use]
    pub fn from_version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    /// The stream says a fact.
    #[track_caller]
    #[must_use]
    pub fn fact<M: Message>(mut self, fact: &M) -> Self {
        self.version += 1;
        let version = self.version;
        self.say(fact, Some(version))
    }

    /// The stream is told a command.
    #[track_caller]
    #[must_use]
    pub fn command<M: Message>(self, command: &M) -> Self {
        self.say(command, None)
    }

    /// The last message comes once more, under another transport id.
    #[must_use]
    pub fn redelivered(mut self) -> Self {
        if let Some(last) = self.deliveries.last().cloned() {
            let id = self.transport_id();
            self.deliveries.push(Delivery { id, ..last });
        }
        self
    }

    /// The messages come in another order, one that follows from the seed.
    #[must_use]
    pub fn shuffled(mut self, seed: u64) -> Self {
        let ids = MemoryIds::seeded(seed);
        self.deliveries.sort_by_cached_key(|_| ids.bits());
        self
    }

    /// The deliveries.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.clone()
    }

    /// Hands each delivery to all routes that hear its message; one outcome per handler that heard one.
    pub async fn feed(&self, app: &App, routes: &[Route]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for delivery in &self.deliveries {
            for route in routes.iter().filter(|route| route.message == delivery.detail_type) {
                outcomes.push(route.handle(app, delivery).await);
            }
        }
        outcomes
    }

    #[track_caller]
    fn say<M: Message>(mut self, message: &M, version: Option<u64>) -> Self {
        let root = MessageId::from(Uuid::new_v5(&Uuid::NAMESPACE_URL, self.stream.to_string().as_bytes()));
        let id = root.derived(&format!("{}/{}", M::NAME, self.deliveries.len()));
        let metadata = match self.last.take() {
            None => Cause::new(id.clone(), M::NAME).metadata,
            Some((before, metadata)) => Metadata { causation_id: before, hops: metadata.hops + 1, ..metadata },
        };
        self.last = Some((id.clone(), metadata.clone()));
        let data = match Encoded::of(message) {
            Ok(encoded) => encoded.data,
            Err(error) => fail(&error.to_string()),
        };
        let envelope = Envelope {
            event_id: id,
            event_type: M::NAME.to_owned(),
            event_version: M::VERSION,
            aggregate_type: self.stream.context().to_owned(),
            aggregate_id: self.stream.id().to_owned(),
            version,
            timestamp: self.now,
            data,
            metadata,
        };
        let detail = match to_raw_value(&envelope) {
            Ok(detail) => detail,
            Err(error) => fail(&error.to_string()),
        };
        self.deliveries.push(Delivery {
            id: self.transport_id(),
            source: source_of(self.stream.context()),
            account: None,
            detail_type: M::NAME.to_owned(),
            time: self.now,
            detail,
            replay_name: None,
        });
        self
    }

    fn transport_id(&self) -> String {
        MemoryIds::seeded(self.deliveries.len() as u64).uuid(self.now).to_string()
    }
}
