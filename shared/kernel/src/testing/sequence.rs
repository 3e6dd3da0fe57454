//! [`Sequence`]: builds deliveries as a bus would, and feeds them to routes.

use jiff::{SignedDuration, Timestamp};
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::ports::fixture::must;
use crate::{
    App, Cause, Delivery, Encoded, Message, MessageId, Outcome, Route, StreamId,
    delivery::source_of,
    memory::{MemoryClock, MemoryIds},
    message::{Envelope, Metadata},
    time::{Clock, Ids},
};

/// Builds deliveries one by one. Each message is caused by the one before it, so that they share a correlation id.
///
/// ```
/// # use causeway::{StreamId, delivery::receive::receive, message::system::CommandRejected, testing::Sequence};
/// # let rejected = CommandRejected { stream: "order/o-1".into(), command_id: "c-1".parse()?, command: "PlaceOrder".into(),
/// #     rule: "AlreadyPlaced".into(), reason: "it is placed".into() };
/// let deliveries = Sequence::new(StreamId::parse("system/c-1")?).event(&rejected).redelivered().event(&rejected).deliveries();
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
    /// A sequence of messages of this stream; its first event has version 1 and is at the beginning of 2026.
    pub fn new(stream: StreamId) -> Self {
        Self { stream, now: MemoryClock::default().now(), version: 0, last: None, deliveries: Vec::new() }
    }

    /// Sets the time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Advances the time.
    #[must_use]
    pub fn after(mut self, duration: SignedDuration) -> Self {
        self.now = self.now.checked_add(duration).unwrap_or(Timestamp::MAX);
        self
    }

    /// Sets the version of the last event; the next one has the next version.
    #[must_use]
    pub fn from_version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    /// Adds an event of the stream.
    #[track_caller]
    #[must_use]
    pub fn event<M: Message>(mut self, event: &M) -> Self {
        self.version += 1;
        let version = self.version;
        self.push(event, Some(version))
    }

    /// Adds a command to the stream.
    #[track_caller]
    #[must_use]
    pub fn command<M: Message>(self, command: &M) -> Self {
        self.push(command, None)
    }

    /// Delivers the last message again, with another transport id.
    #[must_use]
    pub fn redelivered(mut self) -> Self {
        if let Some(last) = self.deliveries.last().cloned() {
            let id = self.transport_id();
            self.deliveries.push(Delivery { id, ..last });
        }
        self
    }

    /// Shuffles the deliveries, by a seed.
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

    /// Handles each delivery with all routes of its message. Returns one outcome per call.
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
    fn push<M: Message>(mut self, message: &M, version: Option<u64>) -> Self {
        let root = MessageId::from(Uuid::new_v5(&Uuid::NAMESPACE_URL, self.stream.to_string().as_bytes()));
        let id = root.derived(&format!("{}/{}", M::NAME, self.deliveries.len()));
        let metadata = match self.last.take() {
            None => Cause::new(id.clone(), M::NAME).metadata,
            Some((before, metadata)) => Metadata { causation_id: before, hops: metadata.hops + 1, ..metadata },
        };
        self.last = Some((id.clone(), metadata.clone()));
        let data = must(Encoded::of(message), "encode the message").data;
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
        let detail = must(to_raw_value(&envelope), "encode the envelope");
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
