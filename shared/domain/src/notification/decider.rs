//! The rules of a notification.

use std::convert::Infallible;

use causeway::Decider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{EmailFailed, EmailSent, NotificationEvent};

/// The rules of a notification.
#[derive(Debug)]
pub struct Notification;

/// The state of a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NotificationState {
    /// It has no outcome yet.
    #[default]
    Open,
    /// The e-mail was accepted.
    Sent,
    /// The e-mail was not accepted, or its outcome is unknown.
    Failed,
}

/// The outcome of an e-mail.
#[derive(Clone, Debug, PartialEq)]
pub enum MailOutcome {
    /// The e-mail was accepted.
    Sent(EmailSent),
    /// The e-mail was not accepted, or its outcome is unknown.
    Failed(EmailFailed),
}

impl Decider for Notification {
    const CONTEXT: &'static str = "notification";
    type State = NotificationState;
    type Command = MailOutcome;
    type Event = NotificationEvent;
    type Rejection = Infallible;

    fn decide(state: &NotificationState, outcome: &MailOutcome) -> Result<Vec<NotificationEvent>, Infallible> {
        match (state, outcome) {
            (NotificationState::Open | NotificationState::Failed, MailOutcome::Sent(sent)) => {
                Ok(vec![sent.clone().into()])
            }
            (NotificationState::Open, MailOutcome::Failed(failed)) => Ok(vec![failed.clone().into()]),
            (NotificationState::Sent, MailOutcome::Sent(_) | MailOutcome::Failed(_))
            | (NotificationState::Failed, MailOutcome::Failed(_)) => Ok(Vec::new()),
        }
    }

    fn evolve(_: NotificationState, event: &NotificationEvent) -> NotificationState {
        match event {
            NotificationEvent::EmailSent(_) => NotificationState::Sent,
            NotificationEvent::EmailFailed(_) => NotificationState::Failed,
        }
    }
}
