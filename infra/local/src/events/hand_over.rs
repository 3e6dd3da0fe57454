//! Handing an event over to its target, and what the target's answer means for the delivery.

use crate::interfaces::{NewMessage, TargetError};

use super::{
    Events,
    accept::target_error,
    delivery::Delivery,
    envelope::Accepted,
    input,
    target::{Kind, kind},
};

impl Events {
    /// Hands the event over. For a function that means its asynchronous invoke: what its handler
    /// makes of the event is no matter of the bus any more.
    pub(super) async fn hand_to_target(&self, delivery: &Delivery) -> Result<(), TargetError> {
        let owed = &delivery.owed;
        let arn = &owed.target.arn;
        let Some(input) = input::of(&owed.target, &owed.rule_arn, &delivery.event) else {
            return Err(target_error("INVALID_JSON", "The input for the target is not valid JSON.", false));
        };
        match kind(arn) {
            Some(Kind::Function) => self.ctx.functions.invoke_async(arn, input).await,
            Some(Kind::Queue) => {
                let group = owed.target.message_group().map(str::to_owned);
                self.ctx.queues.send(arn, NewMessage { body: input, group, ..NewMessage::default() }).await
            }
            Some(Kind::Bus) => self.forward(delivery),
            None => Err(target_error("INVALID_PARAMETER", "The target is of a kind that is not known here.", false)),
        }
    }

    fn forward(&self, delivery: &Delivery) -> Result<(), TargetError> {
        if delivery.event.forwarded {
            let message = "An event that came from another bus is not forwarded to a third one.";
            return Err(target_error("THIRD_ACCOUNT_HOP_DETECTED", message, false));
        }
        let Accepted { id, text, .. } = (*delivery.event).clone();
        let event = Accepted { id, text, at: self.ctx.clock.now(), forwarded: true };
        self.take(&delivery.owed.target.arn, event)
    }
}

/// The error of a target by the code that dead letters have for it.
pub(super) fn in_own_words(error: TargetError) -> TargetError {
    let code = match error.code.as_str() {
        "AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist" | "ResourceNotFoundException" => "NO_RESOURCE",
        "AccessDenied" | "AccessDeniedException" => "NO_PERMISSIONS",
        "ThrottlingException" | "TooManyRequestsException" | "RequestThrottled" => "THROTTLING",
        other if is_own_word(other) => return error,
        _ if error.transient => "INTERNAL_ERROR",
        _ => "ERROR_FROM_TARGET",
    };
    TargetError { code: code.to_owned(), ..error }
}

// All codes of the service are written in capitals.
fn is_own_word(code: &str) -> bool {
    !code.is_empty() && code.chars().all(|character| character.is_ascii_uppercase() || character == '_')
}
