//! Routes: which handler hears which message, and the way of a message into its handler.
//! Everything around a handler that does not depend on a cloud is here: opening, claiming, classifying, burying.

mod proven;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::future::BoxFuture;
use heck::ToKebabCase;
use serde_json::value::to_raw_value;

use crate::{
    app::App,
    delivery::{
        dead_letter::DeadLetter,
        inbox::{Claim, ClaimHeld, InboxKey, LEASE, NotAttempted},
        receive::{ReceiveError, receive},
        verify::{FORGED, Forged, Verification, believe},
    },
    failure::{Failure, Handled, Outcome, causes},
    message::{
        contract::{EncodeError, Message},
        envelope::{Delivery, Metadata, Received},
    },
};

pub use proven::{TimerFired, Verified};

/// How a message comes into a handler: plain, for effects that versions guard, or claimed in the inbox.
pub trait HandlerInput: Send + 'static {
    /// The message.
    type Message: Message;
    /// Whether the inbox is asked first.
    const CLAIMED: bool;
    /// What must be known of the message besides.
    const PROOF: Verification;

    /// What the handler gets.
    fn new(received: Received<Self::Message>, again: bool) -> Self;

    /// Where the message comes from, which is what all that follows from it will say of itself. It was believed
    /// before; whoever writes a trace's next step here changes nothing of what is proven.
    fn metadata(&mut self) -> &mut Metadata;
}

impl<M: Message> HandlerInput for Received<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const PROOF: Verification = Verification::Origin;

    fn new(received: Received<M>, _: bool) -> Self {
        received
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.metadata
    }
}

/// A message whose effect leaves the house: a fact that the log holds; the inbox was asked, and the claim is this
/// handler's.
#[derive(Clone, Debug)]
pub struct Claimed<M> {
    /// The message.
    pub message: Received<M>,
    /// Somebody began and did not finish: ask the other side before doing it again.
    pub again: bool,
}

impl<M: Message> HandlerInput for Claimed<M> {
    type Message = M;
    const CLAIMED: bool = true;
    // What has left the house cannot be taken back.
    const PROOF: Verification = Verification::Fact;

    fn new(message: Received<M>, again: bool) -> Self {
        Self { message, again }
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.message.metadata
    }
}

/// A function that handles one message type.
pub trait Handler<A: HandlerInput>: Clone + Send + Sync + 'static {
    /// Handles the message.
    fn call(&self, app: App, arrival: A) -> BoxFuture<'static, Outcome>;
}

impl<A, F, Answer> Handler<A> for F
where
    A: HandlerInput,
    F: Fn(App, A) -> Answer + Clone + Send + Sync + 'static,
    Answer: Future<Output = Outcome> + Send + 'static,
{
    fn call(&self, app: App, arrival: A) -> BoxFuture<'static, Outcome> {
        Box::pin(self(app, arrival))
    }
}

/// One line of the routing page: who hears what.
#[derive(Clone)]
pub struct Route {
    /// The context that reacts.
    pub context: &'static str,
    /// The message it hears.
    pub message: &'static str,
    /// The context that owns the message.
    pub owner: &'static str,
    /// Whether the handler claims its messages in the inbox.
    pub claimed: bool,
    /// What must be known of its messages.
    pub proof: Verification,
    handle: Arc<dyn Fn(App, String, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync>,
}

/// A route: `context` hears the handler's message.
pub fn route<A: HandlerInput>(context: &'static str, handler: impl Handler<A>) -> Route {
    Route {
        context,
        message: A::Message::NAME,
        owner: A::Message::CONTEXT,
        claimed: A::CLAIMED,
        proof: A::PROOF,
        handle: Arc::new(move |app, consumer, delivery| {
            let handler = handler.clone();
            Box::pin(async move { handle(&app, &consumer, &delivery, &handler).await })
        }),
    }
}

impl Route {
    /// The function's name: `<context>-on-<message>`.
    pub fn function(&self) -> String {
        function_name(self.context, self.message)
    }

    /// The same route with something around it that sees each delivery first, and hands it on as it thinks right.
    #[must_use]
    pub fn wrapped(
        self,
        around: impl Fn(Self, App, Delivery) -> BoxFuture<'static, Outcome> + Send + Sync + 'static,
    ) -> Self {
        let inner = self.clone();
        Self { handle: Arc::new(move |app, _, delivery| around(inner.clone(), app, delivery)), ..self }
    }

    /// Hands a delivery to the handler.
    pub async fn handle(&self, app: &App, delivery: &Delivery) -> Outcome {
        (self.handle)(app.clone(), self.function(), delivery.clone()).await
    }
}

/// The name of the function with which `context` hears `message`: its binary, file and logical id.
///
/// ```
/// assert_eq!(causeway::function_name("inventory", "OrderPlaced"), "inventory-on-order-placed");
/// ```
pub fn function_name(context: &str, message: &str) -> String {
    format!("{context}-on-{}", message.to_kebab_case())
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
        Err(error) => return bury(app, consumer, delivery, error.into()).await,
    };
    if let Err(failure) = believe(app, delivery, &received, A::PROOF).await {
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
    let again = match app.inbox().claim(&key, now, now + LEASE).await? {
        Claim::First => false,
        Claim::Resumed => true,
        Claim::Held => return Err(Failure::transient(ClaimHeld { key })),
        Claim::Completed => return Ok(Handled::Duplicate),
    };
    let outcome = handler.call(app.clone(), A::new(received, again)).await;
    let outcome = settle(app, consumer, delivery, outcome).await;
    match &outcome {
        Err(Failure::Transient(error)) if error.is::<NotAttempted>() && !again => {
            app.inbox().forget(&key, app.clock().now()).await?;
        }
        Ok(Handled::DeadLettered) | Err(_) => app.inbox().abandon(&key, app.clock().now()).await?,
        Ok(_) => app.inbox().complete(&key, app.clock().now()).await?,
    }
    outcome
}

async fn settle(app: &App, consumer: &str, delivery: &Delivery, outcome: Outcome) -> Outcome {
    match outcome {
        Err(Failure::Permanent(error)) => bury(app, consumer, delivery, Failure::Permanent(error)).await,
        outcome => outcome,
    }
}

/// Writes the message to the dead letters; only then is it handled.
async fn bury(app: &App, consumer: &str, delivery: &Delivery, failure: Failure) -> Outcome {
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
