//! [`handle`]: decode a delivery, verify it, claim it in the inbox, call the handler, and settle the claim or write a
//! dead letter.

#[cfg(test)]
mod tests;

use serde_json::value::to_raw_value;

use crate::{
    delivery::{
        dead_letter::DeadLetter,
        inbox::{Claim, ClaimHeld, InboxKey, LEASE, NotAttempted},
        input::HandlerInput,
        receive::{ReceiveError, receive},
        verify::{FORGED, Forged, verify},
    },
    failure::{Failure, Handled, Outcome, causes},
    message::{Delivery, EncodeError},
    ports::Ports,
};

/// Handles one delivery for `consumer`, which is the function's name in the inbox and in dead letters. `handler` gets
/// the decoded message.
///
/// A message that can never be handled is in the dead letters when this returns `Ok(DeadLettered)`. An input that is
/// claimed costs two writes to the inbox beside what its handler does.
pub async fn handle<A: HandlerInput, Answer: Future<Output = Outcome>>(
    ports: &Ports,
    consumer: &str,
    delivery: &Delivery,
    handler: impl FnOnce(A) -> Answer,
) -> Outcome {
    let received = match receive::<A::Message>(delivery) {
        Ok(received) => received,
        Err(error) => return dead_letter(ports, consumer, delivery, error.into()).await,
    };
    if let Err(failure) = verify(ports, delivery, &received, A::VERIFICATION).await {
        return settle(ports, consumer, delivery, Err(failure)).await;
    }
    if !A::CLAIMED {
        return settle(ports, consumer, delivery, handler(A::new(received, false)).await).await;
    }
    if delivery.replay_name.is_some() {
        // A replay must not repeat an effect outside of the system.
        return Ok(Handled::Duplicate);
    }
    let key = InboxKey { consumer: consumer.to_owned(), message: received.id.clone() };
    let now = ports.clock.now();
    let resumed = match ports.inbox.claim(&key, now, now + LEASE).await? {
        Claim::First => false,
        Claim::Resumed => true,
        Claim::Held => return Err(Failure::transient(ClaimHeld { key })),
        Claim::Completed => return Ok(Handled::Duplicate),
    };
    let outcome = settle(ports, consumer, delivery, handler(A::new(received, resumed)).await).await;
    match &outcome {
        Err(Failure::Transient(error)) if error.is::<NotAttempted>() && !resumed => {
            ports.inbox.forget(&key, ports.clock.now()).await?;
        }
        Ok(Handled::DeadLettered) | Err(_) => ports.inbox.abandon(&key, ports.clock.now()).await?,
        Ok(_) => ports.inbox.complete(&key, ports.clock.now()).await?,
    }
    outcome
}

/// Dead-letters a permanent failure; any other outcome stays as it is.
async fn settle(ports: &Ports, consumer: &str, delivery: &Delivery, outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Permanent(error)) => dead_letter(ports, consumer, delivery, Failure::Permanent(error)).await,
        outcome => outcome,
    }
}

async fn dead_letter(ports: &Ports, consumer: &str, delivery: &Delivery, failure: Failure) -> Outcome {
    let dead_letter = DeadLetter {
        reason: reason_code(failure.reason()).to_owned(),
        explanation: causes(failure.reason()),
        consumer: consumer.to_owned(),
        at: ports.clock.now(),
        message: to_raw_value(delivery).map_err(Failure::transient)?,
    };
    ports.dead_letters.keep(&dead_letter).await?;
    Ok(Handled::DeadLettered)
}

/// The reason code of a dead letter for this error: `MALFORMED`, `FORGED`, `TOO_LARGE` …; `REJECTED` for an error of
/// the handler itself.
pub fn reason_code(error: &(dyn std::error::Error + Send + Sync + 'static)) -> &'static str {
    if let Some(error) = error.downcast_ref::<ReceiveError>() {
        return error.code();
    }
    if error.is::<Forged>() {
        return FORGED;
    }
    match error.downcast_ref::<EncodeError>() {
        Some(EncodeError::TooLarge { .. }) => "TOO_LARGE",
        Some(EncodeError::Unwritable { .. }) | None => "REJECTED",
    }
}
