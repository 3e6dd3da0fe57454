//! [`handle`]: decode a delivery, verify it, claim it in the inbox, call the handler, and settle the claim or write a
//! dead letter.

#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use serde_json::value::to_raw_value;

use crate::{
    delivery::{
        dead_letter::DeadLetter,
        inbox::{AttemptId, Claim, ClaimHeld, InboxError, InboxKey, LEASE, NotAttempted},
        input::HandlerInput,
        receive::{ReceiveError, receive},
        system_event::report_dead_letter,
        verify::{FORGED, Forged, verify},
    },
    failure::{Failure, Handled, Outcome, causes},
    message::{Delivery, EncodeError},
    ports::Ports,
    time::Backoff,
};

/// The delay between repeated writes to the inbox. A claim whose answer is lost for good looks to the next attempt as if
/// the effect had been attempted, so the write is repeated here.
const INBOX_BACKOFF: Backoff =
    Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(1), tries: 3 };

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
    let outcome = settle(ports, consumer, delivery, handler(A::new(received, resumed)).await).await;
    match &outcome {
        Err(Failure::Transient(error)) if error.is::<NotAttempted>() && !resumed => {
            repeated(ports, || inbox.forget(&key, attempt, now())).await?;
        }
        Ok(Handled::DeadLettered) | Err(_) => repeated(ports, || inbox.abandon(&key, attempt, now())).await?,
        Ok(_) => repeated(ports, || inbox.complete(&key, now())).await?,
    }
    outcome
}

/// Writes to the inbox, and again if it does not answer. The id of the attempt makes every write repeatable.
async fn repeated<T, Answer>(ports: &Ports, write: impl Fn() -> Answer) -> Result<T, InboxError>
where
    Answer: Future<Output = Result<T, InboxError>>,
{
    let mut retry = 0;
    loop {
        let result = write().await;
        match INBOX_BACKOFF.delay(retry, ports.ids.as_ref()) {
            Some(delay) if result.is_err() => ports.clock.sleep(delay).await,
            _ => return result,
        }
        retry += 1;
    }
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
