//! A function that an EventBridge rule invokes: one message per invocation. Lambda retries it after an error.

use async_trait::async_trait;
use causeway::Handled;
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use super::{Function, Invocation, error_response::diagnostic, message_handler::MessageHandler};

/// A function that is the target of a rule.
pub struct BusFunction {
    handler: MessageHandler,
}

impl BusFunction {
    /// The function of this handler.
    pub fn new(handler: MessageHandler) -> Self {
        Self { handler }
    }
}

#[async_trait]
impl Function for BusFunction {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic> {
        match self.handler.handle(invocation).await {
            Ok(handled) => Ok(json!({ "handled": outcome_name(handled) })),
            Err(failure) => Err(diagnostic(&failure)),
        }
    }
}

fn outcome_name(handled: Handled) -> &'static str {
    match handled {
        Handled::Done => "done",
        Handled::Duplicate => "duplicate",
        Handled::Rejected => "rejected",
        Handled::DeadLettered => "buried",
    }
}
