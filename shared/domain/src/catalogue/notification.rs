//! Samples of what is said of mails.

use serde_json::json;

use super::Entry;
use crate::notification::{EmailFailed, EmailSent};

pub(super) fn entries() -> Vec<Entry> {
    vec![
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
    ]
}
