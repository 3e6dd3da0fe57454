//! From the broker to the bus: takes messages, publishes them, and acknowledges them when the bus has accepted them.
//! A message that can never be published is parked with its reason, and the others go on.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use causeway::failure::causes;
use tracing::warn;

use crate::{
    broker::{Broker, BrokerError},
    counters::Counters,
    publisher::Publisher,
};

/// How long a take waits for a message.
const WAIT: Duration = Duration::from_secs(2);

/// The road from a broker to the bus.
pub struct Inbound<'a> {
    /// The broker.
    pub broker: &'a dyn Broker,
    /// The most messages that are under way.
    pub batch: usize,
    /// The way to the bus, with the counters of this direction.
    pub publisher: Publisher<'a>,
}

impl Inbound<'_> {
    /// Runs until the request to stop.
    pub async fn run(&self) {
        let Publisher { counters, stop, .. } = &self.publisher;
        let mut failures = 0;
        while !stop.is_requested() {
            if let Err(error) = self.session(&mut failures).await {
                counters.connected.store(false, Relaxed);
                Counters::add(&counters.retried, 1);
                warn!(broker = self.broker.kind(), error = causes(&error), "in: the broker is tried again");
                stop.pause(failures).await;
                failures = failures.saturating_add(1);
            }
        }
    }

    /// Takes messages from one connection until it fails, or until the request to stop.
    async fn session(&self, failures: &mut u32) -> Result<(), BrokerError> {
        let Publisher { counters, stop, .. } = &self.publisher;
        let mut source = tokio::select! {
            source = self.broker.source() => source?,
            () = stop.requested() => return Ok(()),
        };
        counters.connected.store(true, Relaxed);
        loop {
            let taken = tokio::select! {
                taken = source.take(self.batch, WAIT) => taken?,
                () = stop.requested() => return Ok(()),
            };
            *failures = 0;
            if taken.is_empty() {
                continue;
            }
            if !self.publisher.publish(source.as_mut(), &taken).await? {
                return Ok(());
            }
            source.acknowledge(&taken).await?;
        }
    }
}

#[cfg(test)]
mod tests;
