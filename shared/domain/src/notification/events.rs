//! Events of a notification.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    email::EmailAddress,
    ids::{OrderId, UserId},
};

causeway::events! {
    /// The events of a notification.
    pub enum NotificationEvent: events of "notification" {
        EmailSent = 1,
        EmailFailed = 1,
    }
}

/// The subject of an e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EmailKind {
    /// The user is registered.
    Welcome,
    /// The order is confirmed.
    OrderConfirmation,
    /// The order is cancelled.
    OrderCancellation,
    /// The order is paid.
    PaymentReceipt,
    /// The parcel is on its way.
    ShippingNotice,
    /// The buyer has the parcel and is asked for feedback.
    FeedbackRequest,
}

/// The e-mail provider accepted an e-mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailSent {
    /// The id of the order that the e-mail is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The id of the user whom the e-mail welcomes, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The subject of the e-mail.
    pub kind: EmailKind,
    /// The recipient's address.
    pub to: EmailAddress,
    /// The id that the e-mail provider gave to the e-mail.
    pub mail_id: String,
}

/// An e-mail was not accepted, or its outcome is unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailFailed {
    /// The id of the order that the e-mail is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The id of the user whom the e-mail welcomes, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The subject of the e-mail.
    pub kind: EmailKind,
    /// The recipient's address, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<EmailAddress>,
    /// The reason for the failure.
    pub reason: String,
}
