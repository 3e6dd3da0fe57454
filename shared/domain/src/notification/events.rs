//! What became of a mail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{email::EmailAddress, ids::OrderId};

causeway::events! {
    /// What can become of a mail.
    pub enum NotificationEvent: events of "notification" {
        EmailSent = 1,
        EmailFailed = 1,
    }
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EmailKind {
    /// The order will be delivered.
    OrderConfirmation,
    /// The order will not be delivered.
    OrderCancellation,
}

/// A mail was accepted by the mailer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailSent {
    /// About which order.
    pub order_id: OrderId,
    /// About what.
    pub kind: EmailKind,
    /// To whom.
    pub to: EmailAddress,
    /// The mailer's own id of it.
    pub mail_id: String,
}

/// A mail was not accepted, or nobody knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailFailed {
    /// About which order.
    pub order_id: OrderId,
    /// About what.
    pub kind: EmailKind,
    /// To whom, if there was an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<EmailAddress>,
    /// Why.
    pub reason: String,
}
