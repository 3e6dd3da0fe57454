//! The dead letter of a rule's target: the event as it was, and why it did not arrive.

use std::collections::BTreeMap;

use crate::{delivery::progress::DeliveryFailure, interfaces::NewMessage};

use super::delivery::Delivery;

/// The message for the dead-letter queue.
pub(super) fn of(delivery: &Delivery, failure: &DeliveryFailure) -> NewMessage {
    let owed = &delivery.owed;
    let mut attributes = BTreeMap::from([
        ("RULE_ARN".to_owned(), owed.rule_arn.clone()),
        ("TARGET_ARN".to_owned(), owed.target.arn.clone()),
        ("ERROR_CODE".to_owned(), failure.code.clone()),
        ("ERROR_MESSAGE".to_owned(), failure.message.clone()),
        ("RETRY_ATTEMPTS".to_owned(), owed.progress.attempts.saturating_sub(1).to_string()),
    ]);
    if let Some(limit) = &failure.exhausted {
        attributes.insert("EXHAUSTED_RETRY_CONDITION".to_owned(), limit.clone());
    }
    NewMessage { body: delivery.event.text.clone(), attributes, ..NewMessage::default() }
}
