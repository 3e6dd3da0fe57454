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

#[cfg(test)]
mod tests;

pub use decider::Delivered;
pub use decider::Notification;
pub use decider::NotificationState;
pub use events::EmailFailed;
pub use events::EmailKind;
pub use events::EmailSent;
pub use events::NotificationEvent;
pub use mail::order_cancelled;
pub use mail::order_confirmed;
