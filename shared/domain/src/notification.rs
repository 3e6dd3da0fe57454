//! E-mails to users and buyers: at most one accepted e-mail per event, and one kind of e-mail for a type of event. Stream `notification/<event id>`.
//!
//! | message | event | rules |
//! |---|---|---|
//! | `UserRegistered` | `EmailSent` or `EmailFailed` | a welcome to the address of the registration |
//! | `OrderConfirmed` | `EmailSent` or `EmailFailed` | at most one accepted e-mail per event; sent stays sent |
//! | `OrderCancelled` | `EmailSent` or `EmailFailed` | an unknown outcome is a failure, never a second e-mail |
//! | `PaymentProcessed` | `EmailSent` or `EmailFailed` | the receipt |
//! | `ShipmentDispatched` | `EmailSent` or `EmailFailed` | the shipping notice, with the tracking number |
//! | `ShipmentDelivered` | `EmailSent` or `EmailFailed` | a request for feedback |
//!
//! An order without an e-mail address, such as one of version 1, leads to `EmailFailed`.

mod decider;
mod events;
mod mail;
mod samples;

#[cfg(test)]
mod tests;

pub use decider::{MailOutcome, Notification, NotificationState};
pub use events::{EmailFailed, EmailKind, EmailSent, NotificationEvent};
pub use mail::{feedback_request, order_cancelled, order_confirmed, payment_receipt, shipping_notice, welcome};
pub use samples::context;
