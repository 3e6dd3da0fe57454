//! Publishes the messages of one invocation. All of it is published or parked, or Lambda delivers all of it again.

use std::time::Duration;

use causeway::delivery::bus::Bus;

use super::{PayloadError, read};
use crate::{
    broker::{BrokerError, Parking},
    counters::{Counted, Counters},
    publisher::Publisher,
    stop::Stop,
};

/// Why Lambda must deliver the messages again.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The payload cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// A message could not be parked.
    #[error(transparent)]
    Parking(#[from] BrokerError),
    /// The bus did not accept everything in time.
    #[error("the bus accepted {accepted} of {taken} messages in time")]
    Unfinished {
        /// How many it accepted.
        accepted: u64,
        /// How many there are.
        taken: u64,
    },
}

/// Publishes the messages of the payload on the bus with the ARN `origin`, for at most `time`.
pub async fn invoke(
    payload: &str,
    bus: &dyn Bus,
    origin: &str,
    parking: &mut dyn Parking,
    time: Duration,
) -> Result<Counted, InvocationError> {
    let batch = read(payload)?;
    let (request, stop) = Stop::new();
    let counters = Counters::default();
    let publisher = Publisher { kind: batch.kind, bus, origin, counters: &counters, stop };
    let publish = publisher.publish(parking, &batch.messages);
    tokio::pin!(publish);
    let complete = tokio::select! {
        complete = &mut publish => complete?,
        () = tokio::time::sleep(time) => {
            request.send_replace(true);
            publish.await?
        }
    };
    let counted = counters.read();
    match complete {
        true => Ok(counted),
        false => Err(InvocationError::Unfinished { accepted: counted.passed, taken: counted.taken }),
    }
}

#[cfg(test)]
mod tests;
