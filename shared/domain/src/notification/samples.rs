//! The registry's entry of notifications, with a sample of each message.

use serde_json::json;

use super::{decider::Notification, events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Notification>().samples(
        "notificationId",
        [
            Entry::of::<EmailSent>(json!({
                "orderId": "o-1001",
                "kind": "orderConfirmation",
                "to": "ada@example.com",
                "mailId": "mail-1",
            })),
            Entry::of::<EmailFailed>(json!({
                "orderId": "o-1001",
                "kind": "orderCancellation",
                "to": "ada@example.com",
                "reason": "the mailer refused it: no such address",
            })),
        ],
    )
}
