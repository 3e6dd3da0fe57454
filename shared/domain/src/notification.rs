//! Mails to the buyer: at most one accepted mail per event. Stream `notification/<event id>`.
//!
//! | heard | recorded | rules |
//! |---|---|---|
//! | `OrderConfirmed` | `EmailSent` or `EmailFailed` | at most one accepted mail per event; what is sent stays sent |
//! | `OrderCancelled` | `EmailSent` or `EmailFailed` | an outcome that nobody knows is a failure, never a second mail |
//!
//! An order that gave no address, such as one of the first version, ends in `EmailFailed`.

mod decider;
mod events;
mod mail;
mod samples;

#[cfg(test)]
mod tests;

pub use decider::{MailOutcome, Notification, NotificationState};
pub use events::{EmailFailed, EmailKind, EmailSent, NotificationEvent};
pub use mail::{order_cancelled, order_confirmed};
pub use samples::context;
