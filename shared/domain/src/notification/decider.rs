//! The rules of a notification.

use causeway::Decider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{EmailFailed, EmailSent, NotificationEvent};
use crate::never::NeverRefused;

/// The rules of a notification.
#[derive(Debug)]
pub struct Notification;

/// Where a notification stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NotificationState {
    /// Nothing is known of it.
    #[default]
    Open,
    /// It was accepted.
    Sent,
    /// It was not accepted, or nobody knows.
    Failed,
}

/// How a delivery went.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivered {
    /// Accepted.
    Sent(EmailSent),
    /// Not accepted, or nobody knows.
    Failed(EmailFailed),
}

impl Decider for Notification {
    const CONTEXT: &'static str = "notification";
    type State = NotificationState;
    type Command = Delivered;
    type Event = NotificationEvent;
    type Rejection = NeverRefused;

    fn decide(state: &NotificationState, delivered: &Delivered) -> Result<Vec<NotificationEvent>, NeverRefused> {
        match (state, delivered) {
            (NotificationState::Open | NotificationState::Failed, Delivered::Sent(sent)) => {
                Ok(vec![sent.clone().into()])
            }
            (NotificationState::Open, Delivered::Failed(failed)) => Ok(vec![failed.clone().into()]),
            (NotificationState::Sent, Delivered::Sent(_) | Delivered::Failed(_))
            | (NotificationState::Failed, Delivered::Failed(_)) => Ok(Vec::new()),
        }
    }

    fn evolve(_: NotificationState, event: &NotificationEvent) -> NotificationState {
        match event {
            NotificationEvent::EmailSent(_) => NotificationState::Sent,
            NotificationEvent::EmailFailed(_) => NotificationState::Failed,
        }
    }
}
