//! From the bus to the broker: takes notifications, sends the events of the log that are due, and deletes the notifications
//! when the broker has confirmed them. While the broker is down, notifications wait in their queue.

use std::{collections::BTreeMap, sync::atomic::Ordering::Relaxed};

use async_trait::async_trait;
use causeway::{
    StreamId,
    failure::{BoxError, causes},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use tracing::warn;

use crate::{
    broker::{Broker, BrokerError, Poison, SendError, Sink},
    counters::Counters,
    cursor::{Due, LogCursor},
    incoming::BRIDGE_SOURCE,
    outgoing::Outgoing,
    stop::Stop,
};

/// The most streams that are read, or whose cursors are moved, at the same time.
const CALLS: usize = 16;

/// A bus event that was taken from the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The bus event as JSON.
    pub body: String,
    /// The handle to delete it by.
    pub handle: String,
}

/// The queue that a rule of the bus fills.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Takes notifications in any order; none after a while.
    async fn take(&self) -> Result<Vec<Notification>, BoxError>;

    /// Deletes them. Those that stay are delivered again.
    async fn delete(&self, notifications: &[Notification]) -> Result<(), BoxError>;

    /// Makes them visible again at once.
    async fn release(&self, notifications: &[Notification]);

    /// Stores what can never be sent, with its reason.
    async fn park(&self, body: &str, poison: &Poison) -> Result<(), BoxError>;
}

/// The road from the bus to a broker.
pub struct Outbound<'a> {
    /// The broker.
    pub broker: &'a dyn Broker,
    /// The queue.
    pub notifications: &'a dyn Notifications,
    /// The names of the events that are sent; all, if there is none.
    pub events: &'a [String],
    /// The counters of this direction.
    pub counters: &'a Counters,
    /// The request to stop.
    pub stop: Stop,
}

/// The parts of a bus event that lead to the log.
#[derive(Deserialize)]
struct BusEvent {
    source: String,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    aggregate_type: String,
    aggregate_id: String,
    version: u64,
}

/// A stream whose events are sent, with its cursor before and after.
struct Advance {
    stream: StreamId,
    from: u64,
    to: u64,
}

impl Outbound<'_> {
    /// Runs until the request to stop.
    pub async fn run(&self, cursor: &LogCursor) {
        let mut failures = 0;
        while !self.stop.is_requested() {
            if let Err(error) = self.session(cursor, &mut failures).await {
                self.counters.connected.store(false, Relaxed);
                Counters::add(&self.counters.retried, 1);
                warn!(broker = self.broker.kind(), error = causes(&error), "out: tried again");
                self.stop.pause(failures).await;
                failures = failures.saturating_add(1);
            }
        }
    }

    /// Sends on one connection until it fails, or until the request to stop.
    async fn session(&self, cursor: &LogCursor, failures: &mut u32) -> Result<(), BrokerError> {
        // The broker first: what is not taken while it is down is not counted as a delivery.
        let mut sink = tokio::select! {
            sink = self.broker.sink() => sink?,
            () = self.stop.requested() => return Ok(()),
        };
        self.counters.connected.store(true, Relaxed);
        loop {
            let taken = tokio::select! {
                taken = self.notifications.take() => taken.map_err(BrokerError::of("read the queue of the bridge"))?,
                () = self.stop.requested() => return Ok(()),
            };
            if taken.is_empty() {
                continue;
            }
            Counters::add(&self.counters.taken, taken.len());
            if let Err(error) = self.forward(sink.as_mut(), cursor, &taken).await {
                self.notifications.release(&taken).await;
                return Err(error);
            }
            *failures = 0;
        }
    }

    async fn forward(
        &self,
        sink: &mut dyn Sink,
        cursor: &LogCursor,
        taken: &[Notification],
    ) -> Result<(), BrokerError> {
        // Per stream the highest version, and the notification that names it.
        let mut streams: BTreeMap<StreamId, (u64, &Notification)> = BTreeMap::new();
        for notification in taken {
            match read(&notification.body) {
                Ok(None) => Counters::add(&self.counters.own, 1),
                Ok(Some((stream, version))) => {
                    let newest = streams.entry(stream).or_insert((version, notification));
                    if newest.0 < version {
                        *newest = (version, notification);
                    }
                }
                Err(poison) => self.park(&notification.body, &poison).await?,
            }
        }
        let (mut events, mut advances) = (Vec::new(), Vec::new());
        let read = stream::iter(streams).map(|(stream, (version, notification))| async move {
            (cursor.due(&stream, version).await, stream, version, notification)
        });
        let read: Vec<_> = read.buffered(CALLS).collect().await;
        for (due, stream, version, notification) in read {
            match due.map_err(BrokerError::of("read the log"))? {
                Due::Sent => Counters::add(&self.counters.repeated, 1),
                Due::NotInLog => {
                    let poison = Poison::new("NOT_IN_LOG", &format!("the log has no version {version} of {stream}"));
                    self.park(&notification.body, &poison).await?;
                }
                Due::Send { events: due, from, to } => {
                    let wanted = |event: &Outgoing| self.events.is_empty() || self.events.contains(&event.event_type);
                    events.extend(due.into_iter().filter(wanted));
                    advances.push(Advance { stream, from, to });
                }
            }
        }
        self.send(sink, &events).await?;
        let moves = stream::iter(advances).map(|Advance { stream, from, to }| async move {
            cursor.sent(&stream, from, to).await.map_err(BrokerError::of("move the cursor of a stream"))
        });
        moves.buffer_unordered(CALLS).try_collect::<()>().await?;
        self.notifications.delete(taken).await.map_err(BrokerError::of("delete notifications"))
    }

    /// Sends all; a message that the broker refuses for good is parked, and the next one follows.
    async fn send(&self, sink: &mut dyn Sink, events: &[Outgoing]) -> Result<(), BrokerError> {
        let mut rest = events;
        while !rest.is_empty() {
            let sent = match sink.send(rest).await {
                Ok(()) => rest.len(),
                Err(SendError::Refused { index, poison }) => {
                    if let Some(refused) = rest.get(index) {
                        self.park(&refused.body, &poison).await?;
                    }
                    Counters::add(&self.counters.passed, index);
                    rest = rest.get(index + 1..).unwrap_or_default();
                    continue;
                }
                Err(SendError::Broker(error)) => return Err(error),
            };
            Counters::add(&self.counters.passed, sent);
            rest = &[];
        }
        Ok(())
    }

    async fn park(&self, body: &str, poison: &Poison) -> Result<(), BrokerError> {
        warn!(code = poison.code, reason = poison.reason, "out: parked");
        self.notifications.park(body, poison).await.map_err(BrokerError::of("park a message"))?;
        Counters::add(&self.counters.parked, 1);
        Ok(())
    }
}

/// The stream and version of a bus event; none for an event that came in over a bridge.
fn read(body: &str) -> Result<Option<(StreamId, u64)>, Poison> {
    let malformed = |reason: String| Poison::new("MALFORMED", &reason);
    let event: BusEvent = serde_json::from_str(body).map_err(|error| malformed(error.to_string()))?;
    if event.source.starts_with(BRIDGE_SOURCE) {
        return Ok(None);
    }
    let Detail { aggregate_type, aggregate_id, version } = event.detail;
    let stream = StreamId::parse(&format!("{aggregate_type}/{aggregate_id}"));
    Ok(Some((stream.map_err(|error| malformed(error.to_string()))?, version)))
}

#[cfg(test)]
mod tests;
