//! [`process`] runs a [`Processor`] over a stream: one event after the other, each at least once, in their order.
//! A transient failure is retried, a permanent one is parked in the dead letters; then the checkpoint is written, so a
//! processor that is killed at any await continues with the event that it may not have handled.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Mutex};

use async_trait::async_trait;
use futures::FutureExt;
use jiff::SignedDuration;
use serde_json::value::to_raw_value;
use tracing::warn;

use crate::{
    Backoff, Failure, Outcome, Ports,
    delivery::{DeadLetter, DeadLetterError, reason_code},
    failure::{BoxError, causes},
    memory::{
        bus::panic_message,
        event_stream::{EventFilter, MemoryEventStream, StreamEvent, SubscriptionConfig},
        lock::lock,
    },
};

/// The default retry policy of a processor.
pub const PROCESSOR_RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(5), tries: 8 };

/// The reason of an event that was parked because its retries were used up.
pub const RETRIES_EXHAUSTED: &str = "RETRIES_EXHAUSTED";

/// Handles the events of a stream.
#[async_trait]
pub trait Processor: Send + Sync {
    /// The name of its checkpoint, its subscription and its dead letters; unique among the processors of a stream.
    fn name(&self) -> &str;

    /// The events that it handles.
    fn filter(&self) -> EventFilter {
        EventFilter::All
    }

    /// How many events it may be behind before writers wait; `None` leaves it to the stream.
    fn capacity(&self) -> Option<usize> {
        None
    }

    /// How a transient failure is retried.
    fn retry(&self) -> Backoff {
        PROCESSOR_RETRY
    }

    /// Handles one event. It gets an event again if it was killed before the checkpoint was written, so it must be
    /// idempotent.
    async fn handle(&self, event: &StreamEvent) -> Outcome;
}

/// A store of the last handled position of each processor.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// The last position that the processor has handled; 0 if there is none.
    async fn load(&self, processor: &str) -> Result<u64, CheckpointError>;

    /// Stores the last position that the processor has handled. A checkpoint never moves back.
    async fn store(&self, processor: &str, position: u64) -> Result<(), CheckpointError>;
}

/// A checkpoint that was not loaded or stored.
#[derive(Debug, thiserror::Error)]
#[error("the checkpoint of {processor} was not loaded or stored")]
pub struct CheckpointError {
    /// The processor.
    pub processor: String,
    /// The error of the store.
    #[source]
    pub source: BoxError,
}

/// Checkpoints in memory.
#[derive(Debug, Default)]
pub struct MemoryCheckpoints {
    positions: Mutex<BTreeMap<String, u64>>,
}

#[async_trait]
impl Checkpoints for MemoryCheckpoints {
    async fn load(&self, processor: &str) -> Result<u64, CheckpointError> {
        Ok(lock(&self.positions).get(processor).copied().unwrap_or(0))
    }

    async fn store(&self, processor: &str, position: u64) -> Result<(), CheckpointError> {
        let mut positions = lock(&self.positions);
        let stored = positions.entry(processor.to_owned()).or_default();
        *stored = position.max(*stored);
        Ok(())
    }
}

/// Why a processor stopped. A later run continues with the event that it stopped at.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// Its checkpoint was not loaded or stored, also after retries.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An event was not parked, also after retries.
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
}

/// Runs a processor from its checkpoint on, until the stream has ended: when all other handles of it are dropped, after
/// the last event. Several processors run concurrently, each as a future of its own; one that fails or waits does not
/// affect the others, unless writers wait for it.
///
/// A permanent failure and a panic are parked: the event is kept as a [`DeadLetter`] of the processor, with its reason, and
/// the next event follows. An event whose retries are used up is parked as [`RETRIES_EXHAUSTED`].
///
/// The future may be dropped at any await. The next run repeats at most the one event whose checkpoint is missing; if it
/// was parked, it may be parked twice.
pub async fn process(
    stream: MemoryEventStream,
    processor: &dyn Processor,
    checkpoints: &dyn Checkpoints,
    ports: &Ports,
) -> Result<(), ProcessError> {
    let (name, retry) = (processor.name(), processor.retry());
    let handled = retried(ports, retry, || checkpoints.load(name)).await?;
    let mut subscription = stream.subscribe(SubscriptionConfig {
        name: name.to_owned(),
        from: handled.saturating_add(1),
        filter: processor.filter(),
        capacity: processor.capacity(),
    });
    drop(stream);
    while let Some(event) = subscription.next().await {
        if let Err(failure) = handle(processor, retry, &event, ports).await {
            park(name, retry, &event, &failure, ports).await?;
        }
        retried(ports, retry, || checkpoints.store(name, event.position)).await?;
    }
    Ok(())
}

/// Handles an event, and again while its failure is transient and there are retries left.
async fn handle(processor: &dyn Processor, retry: Backoff, event: &StreamEvent, ports: &Ports) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        let outcome = AssertUnwindSafe(processor.handle(event)).catch_unwind().await;
        let failure = match outcome {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(failure)) => failure,
            Err(panic) => Failure::permanent(panic_message(panic.as_ref())),
        };
        let delay = match &failure {
            Failure::Transient(_) => retry.delay(tries, ports.ids.as_ref()),
            Failure::Permanent(_) => None,
        };
        match delay {
            Some(delay) => ports.clock.sleep(delay).await,
            None => return Err(failure),
        }
        tries += 1;
    }
}

async fn park(
    name: &str,
    retry: Backoff,
    event: &StreamEvent,
    failure: &Failure,
    ports: &Ports,
) -> Result<(), DeadLetterError> {
    let reason = match failure {
        Failure::Transient(_) => RETRIES_EXHAUSTED,
        Failure::Permanent(error) => reason_code(error.as_ref()),
    };
    let message = to_raw_value(event.delivery.as_ref())
        .map_err(|error| DeadLetterError { consumer: name.to_owned(), source: error.into() })?;
    let dead_letter = DeadLetter {
        reason: reason.to_owned(),
        explanation: causes(failure.reason()),
        consumer: name.to_owned(),
        at: ports.clock.now(),
        message,
    };
    retried(ports, retry, || ports.dead_letters.keep(&dead_letter)).await?;
    warn!(processor = name, position = event.position, reason, explanation = dead_letter.explanation, "event parked");
    Ok(())
}

/// Calls a port, and again if it fails, while there are retries left.
async fn retried<T, E, Answer: Future<Output = Result<T, E>>>(
    ports: &Ports,
    retry: Backoff,
    call: impl Fn() -> Answer,
) -> Result<T, E> {
    let mut tries = 0;
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match retry.delay(tries, ports.ids.as_ref()) {
            Some(delay) => ports.clock.sleep(delay).await,
            None => return Err(error),
        }
        tries += 1;
    }
}
