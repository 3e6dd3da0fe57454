//! A function woken by a rule of the bus: one message per invocation, and an error is tried again by Lambda.

use async_trait::async_trait;
use causeway::{
    App, Handled,
    delivery::{handle::Handler, input::HandlerInput},
};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use super::{Function, Invocation, failed::diagnostic, listener::Listener};

/// A function on the bus.
pub struct BusFunction<A, H> {
    listener: Listener<A, H>,
}

impl<A: HandlerInput, H: Handler<A>> BusFunction<A, H> {
    /// The function of this name.
    pub fn new(function: &str, app: App, handler: H) -> Self {
        Self { listener: Listener::new(function, app, handler) }
    }
}

#[async_trait]
impl<A: HandlerInput, H: Handler<A>> Function for BusFunction<A, H> {
    async fn answer(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        match self.listener.hear(invocation).await {
            Ok(handled) => Ok(json!({ "handled": word(handled) })),
            Err(failure) => Err(diagnostic(&failure)),
        }
    }
}

fn word(handled: Handled) -> &'static str {
    match handled {
        Handled::Done => "done",
        Handled::Duplicate => "duplicate",
        Handled::Rejected => "rejected",
        Handled::DeadLettered => "buried",
    }
}
