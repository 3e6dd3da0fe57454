//! Handling a delivery: decode, verify, claim, call the handler, and settle the claim or write a dead letter.

#[cfg(test)]
mod tests;

use futures::future::BoxFuture;
use serde_json::value::to_raw_value;

use crate::{
    app::App,
    delivery::{
        dead_letter::DeadLetter,
        inbox::{Claim, ClaimHeld, InboxKey, LEASE, NotAttempted},
        input::HandlerInput,
        receive::{ReceiveError, receive},
        verify::{FORGED, Forged, verify},
    },
    failure::{Failure, Handled, Outcome, causes},
    message::{contract::EncodeError, envelope::Delivery},
};

/// A function that handles one message type.
pub trait Handler<A: HandlerInput>: Clone + Send + Sync + 'static {
    /// Handles the message.
    fn call(&self, app: App, input: A) -> BoxFuture<'static, Outcome>;
}

impl<A, F, Answer> Handler<A> for F
where
    A: HandlerInput,
    F: Fn(App, A) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Outcome> + Send + 'static,
{
    fn call(&self, app: App, input: A) -> BoxFuture<'static, Outcome> {
        Box::pin(self(app, input))
    }
}

/// The way of a message into a handler. What can never work is in the dead letters when this returns.
pub async fn handle<A: HandlerInput>(
    app: &App,
    consumer: &str,
    delivery: &Delivery,
    handler: &impl Handler<A>,
) -> Outcome {
    let received = match receive::<A::Message>(delivery) {
        Ok(received) => received,
        Err(error) => return dead_letter(app, consumer, delivery, error.into()).await,
    };
    if let Err(failure) = verify(app, delivery, &received, A::VERIFICATION).await {
        return settle(app, consumer, delivery, Err(failure)).await;
    }
    if !A::CLAIMED {
        let outcome = handler.call(app.clone(), A::new(received, false)).await;
        return settle(app, consumer, delivery, outcome).await;
    }
    if delivery.replay_name.is_some() {
        // No effect leaves the house when the past is told again.
        return Ok(Handled::Duplicate);
    }
    let key = InboxKey { consumer: consumer.to_owned(), message: received.id.clone() };
    let now = app.clock().now();
    let resumed = match app.inbox().claim(&key, now, now + LEASE).await? {
        Claim::First => false,
        Claim::Resumed => true,
        Claim::Held => return Err(Failure::transient(ClaimHeld { key })),
        Claim::Completed => return Ok(Handled::Duplicate),
    };
    let outcome = handler.call(app.clone(), A::new(received, resumed)).await;
    let outcome = settle(app, consumer, delivery, outcome).await;
    match &outcome {
        Err(Failure::Transient(error)) if error.is::<NotAttempted>() && !resumed => {
            app.inbox().forget(&key, app.clock().now()).await?;
        }
        Ok(Handled::DeadLettered) | Err(_) => app.inbox().abandon(&key, app.clock().now()).await?,
        Ok(_) => app.inbox().complete(&key, app.clock().now()).await?,
    }
    outcome
}

async fn settle(app: &App, consumer: &str, delivery: &Delivery, outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Permanent(error)) => dead_letter(app, consumer, delivery, Failure::Permanent(error)).await,
        outcome => outcome,
    }
}

/// Writes the message to the dead letters; only then is it handled.
async fn dead_letter(app: &App, consumer: &str, delivery: &Delivery, failure: Failure) -> Outcome {
    let message = to_raw_value(delivery).map_err(Failure::transient)?;
    let reason = reason_code(failure.reason()).to_owned();
    let explanation = causes(failure.reason());
    let letter = DeadLetter { reason, explanation, consumer: consumer.to_owned(), at: app.clock().now(), message };
    app.dead_letters().keep(&letter).await?;
    Ok(Handled::DeadLettered)
}

/// The reason as one word.
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
