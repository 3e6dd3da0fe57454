//! Mails to the buyer. A mail is an effect outside the system: the message is claimed in the inbox first, and a resumed
//! claim asks the mailer whether the mail was accepted before it sends it again.

use causeway::{
    App, Claimed, Failure, Outcome, Received,
    delivery::inbox::NotAttempted,
    gateway::mail::{FoundMail, Mail, MailError, Mailer},
    message::contract::Message,
};
use domain::{
    email::EmailAddress,
    ids::{OrderId, UserId},
    notification::{self, EmailFailed, EmailKind, EmailSent, MailOutcome, Notification},
    order::{Order, OrderCancelled, OrderConfirmed},
    user::UserRegistered,
};

/// Welcomes the user. The event carries all that the mail needs.
pub async fn on_user_registered(app: App, claimed: Claimed<UserRegistered>) -> Outcome {
    let registered = &claimed.message;
    let mail = Some((notification::welcome(&registered.id, &registered.data), registered.data.email.clone()));
    let (order_id, user_id) = (None, Some(registered.data.user_id.clone()));
    let outgoing = OutgoingMail { order_id, user_id, kind: EmailKind::Welcome, mail };
    deliver(&app, registered, claimed.resumed, outgoing).await
}

/// Sends the buyer a mail that the order is confirmed. The event has the id of the order only, so the order is asked
/// for the rest.
pub async fn on_order_confirmed(app: App, claimed: Claimed<OrderConfirmed>) -> Outcome {
    let confirmed = &claimed.message;
    let order = app.state::<Order>(&confirmed.data.order_id).await.map_err(NotAttempted::before)?;
    let mail = order.placed().and_then(|order| {
        let to = order.contact_email.clone()?;
        Some((notification::order_confirmed(&confirmed.id, &confirmed.data, &to, order.total), to))
    });
    let (order_id, user_id) = (Some(confirmed.data.order_id.clone()), None);
    let outgoing = OutgoingMail { order_id, user_id, kind: EmailKind::OrderConfirmation, mail };
    deliver(&app, confirmed, claimed.resumed, outgoing).await
}

/// Sends the buyer a mail that the order is cancelled, with the reason.
pub async fn on_order_cancelled(app: App, claimed: Claimed<OrderCancelled>) -> Outcome {
    let cancelled = &claimed.message;
    let order = app.state::<Order>(&cancelled.data.order_id).await.map_err(NotAttempted::before)?;
    let mail = order.placed().and_then(|order| {
        let to = order.contact_email.clone()?;
        Some((notification::order_cancelled(&cancelled.id, &cancelled.data, &to), to))
    });
    let (order_id, user_id) = (Some(cancelled.data.order_id.clone()), None);
    let outgoing = OutgoingMail { order_id, user_id, kind: EmailKind::OrderCancellation, mail };
    deliver(&app, cancelled, claimed.resumed, outgoing).await
}

/// A mail to send; none if the order has no mail address.
struct OutgoingMail {
    order_id: Option<OrderId>,
    user_id: Option<UserId>,
    kind: EmailKind,
    mail: Option<(Mail, EmailAddress)>,
}

/// Sends the mail and records the outcome.
async fn deliver<M: Message>(app: &App, event: &Received<M>, resumed: bool, outgoing: OutgoingMail) -> Outcome {
    let OutgoingMail { order_id, user_id, kind, mail } = outgoing;
    let outcome = match mail {
        None => {
            let reason = "the order has no mail address".to_owned();
            MailOutcome::Failed(EmailFailed { order_id, user_id, kind, to: None, reason })
        }
        Some((mail, to)) => match send(app, &mail, resumed).await? {
            Ok(mail_id) => MailOutcome::Sent(EmailSent { order_id, user_id, kind, to, mail_id }),
            Err(reason) => MailOutcome::Failed(EmailFailed { order_id, user_id, kind, to: Some(to), reason }),
        },
    };
    app.execute::<Notification>(&event.id, &outcome, &event.cause()).await
}

/// Sends the mail; returns the mailer's id or the reason of the failure. If a resumed claim cannot find out whether the
/// mail was accepted, the mail is not sent again.
async fn send(app: &App, mail: &Mail, resumed: bool) -> Result<Result<String, String>, Failure> {
    let mailer = app.gateway::<dyn Mailer>().map_err(Failure::transient)?;
    if resumed {
        match mailer.find(&mail.key).await {
            Ok(FoundMail::Accepted(accepted)) => return Ok(Ok(accepted.id)),
            Ok(FoundMail::Unknown) => {}
            Ok(FoundMail::CannotTell) => return Ok(Err("outcome unknown".to_owned())),
            Err(error) => return Err(Failure::transient(error)),
        }
    }
    match mailer.send(mail).await {
        Ok(accepted) => Ok(Ok(accepted.id)),
        Err(MailError::Refused { reason }) => Ok(Err(format!("the mailer refused it: {reason}"))),
        Err(error @ MailError::NotTaken(_)) => Err(NotAttempted::before(Failure::transient(error))),
        Err(error @ MailError::Unavailable(_)) => Err(Failure::transient(error)),
    }
}
