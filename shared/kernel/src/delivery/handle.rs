//! [`handle`]: decode a delivery, verify it, claim it in the inbox, call the handler, and settle the claim or write a
//! dead letter.

#[cfg(test)]
mod tests;

use serde_json::value::to_raw_value;

use crate::{
    delivery::{
        answer::record_dead_letter,
        dead_letter::DeadLetter,
        inbox::{AttemptId, Claim, ClaimHeld, InboxKey, LEASE, NotAttempted},
        input::HandlerInput,
        receive::{ReceiveError, receive},
        retry::repeated,
        system_event::report_dead_letter,
        verify::{FORGED, Forged, verify},
    },
    failure::{Failure, Handled, Outcome, causes},
    message::{Delivery, EncodeError, Message},
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
        Err(error) => return dead_letter::<A::Message>(ports, consumer, delivery, error.into()).await,
    };
    if let Err(failure) = verify(ports, delivery, &received, A::VERIFICATION).await {
        return settle::<A::Message>(ports, consumer, delivery, Err(failure)).await;
    }
    if !A::CLAIMED {
        return settle::<A::Message>(ports, consumer, delivery, handler(A::new(received, false)).await).await;
    }
    if delivery.replay_name.is_some() {
        // A replay must not repeat an effect outside of the system.
        return Ok(Handled::Duplicate);
    }
    let key = InboxKey { consumer: consumer.to_owned(), message: received.id.clone() };
    let inbox = &ports.inbox;
    let now = || ports.clock.now();
    let attempt = AttemptId::new(ports.ids.uuid(now()));
    let resumed = match repeated(ports, || inbox.claim(&key, attempt, now(), now() + LEASE)).await {
        Ok(Claim::First) => false,
        Ok(Claim::Resumed) => true,
        Ok(Claim::Held) => return Err(Failure::transient(ClaimHeld { key })),
        Ok(Claim::Completed) => return Ok(Handled::Duplicate),
        Err(error) => {
            // The claim may be written. The effect was not attempted, so the claim must not look like it.
            return Err(inbox.forget(&key, attempt, now()).await.err().unwrap_or(error).into());
        }
    };
    let outcome = settle::<A::Message>(ports, consumer, delivery, handler(A::new(received, resumed)).await).await;
    match &outcome {
        Err(Failure::Transient(error)) if error.is::<NotAttempted>() && !resumed => {
            repeated(ports, || inbox.forget(&key, attempt, now())).await?;
        }
        Ok(Handled::DeadLettered) | Err(_) => repeated(ports, || inbox.abandon(&key, attempt, now())).await?,
        Ok(_) => repeated(ports, || inbox.complete(&key, now())).await?,
    }
    outcome
}

/// Dead-letters a permanent failure; any other outcome stays as it is.
async fn settle<M: Message>(ports: &Ports, consumer: &str, delivery: &Delivery, outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Permanent(error)) => dead_letter::<M>(ports, consumer, delivery, Failure::Permanent(error)).await,
        outcome => outcome,
    }
}

async fn dead_letter<M: Message>(ports: &Ports, consumer: &str, delivery: &Delivery, failure: Failure) -> Outcome {
    let dead_letter = DeadLetter {
        reason: reason_code(failure.reason()).to_owned(),
        explanation: causes(failure.reason()),
        consumer: consumer.to_owned(),
        at: ports.clock.now(),
        message: to_raw_value(delivery).map_err(Failure::transient)?,
    };
    ports.dead_letters.keep(&dead_letter).await?;
    record_dead_letter::<M>(ports, delivery, &dead_letter.reason, &dead_letter.explanation).await?;
    report_dead_letter(ports, &dead_letter).await;
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
