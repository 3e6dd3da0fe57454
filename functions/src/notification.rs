//! Mails to the buyer. They leave the house, so the message is claimed first and the mailer is asked before a repeat.

use causeway::{
    App, Claimed, Failure, Outcome, Received,
    delivery::inbox::NotAttempted,
    gateway::mail::{FoundMail, Mail, MailError, Mailer},
    message::contract::Message,
};
use domain::{
    email::EmailAddress,
    ids::OrderId,
    notification::{self, EmailFailed, EmailKind, EmailSent, MailOutcome, Notification},
    order::{Order, OrderCancelled, OrderConfirmed},
};

/// Tells the buyer that the order is confirmed.
pub async fn on_order_confirmed(app: App, claimed: Claimed<OrderConfirmed>) -> Outcome {
    let confirmed = &claimed.message;
    let known = app.state::<Order>(&confirmed.data.order_id).await.map_err(NotAttempted::before)?;
    let mail = known.placed().and_then(|order| {
        let to = order.contact_email.clone()?;
        Some((notification::order_confirmed(&confirmed.id, &confirmed.data, &to, order.total), to))
    });
    let outgoing = OutgoingMail { order_id: confirmed.data.order_id.clone(), kind: EmailKind::OrderConfirmation, mail };
    deliver(&app, confirmed, claimed.resumed, outgoing).await
}

/// Tells the buyer that the order is cancelled, and why.
pub async fn on_order_cancelled(app: App, claimed: Claimed<OrderCancelled>) -> Outcome {
    let cancelled = &claimed.message;
    let known = app.state::<Order>(&cancelled.data.order_id).await.map_err(NotAttempted::before)?;
    let mail = known.placed().and_then(|order| {
        let to = order.contact_email.clone()?;
        Some((notification::order_cancelled(&cancelled.id, &cancelled.data, &to), to))
    });
    let outgoing = OutgoingMail { order_id: cancelled.data.order_id.clone(), kind: EmailKind::OrderCancellation, mail };
    deliver(&app, cancelled, claimed.resumed, outgoing).await
}

/// A mail to be delivered, if there is somebody to write to.
struct OutgoingMail {
    order_id: OrderId,
    kind: EmailKind,
    mail: Option<(Mail, EmailAddress)>,
}

/// Hands the mail over and records what became of it.
async fn deliver<M: Message>(app: &App, event: &Received<M>, again: bool, outgoing: OutgoingMail) -> Outcome {
    let OutgoingMail { order_id, kind, mail } = outgoing;
    let outcome = match mail {
        None => {
            let reason = "the order has no mail address".to_owned();
            MailOutcome::Failed(EmailFailed { order_id, kind, to: None, reason })
        }
        Some((mail, to)) => match hand_over(app, &mail, again).await? {
            Ok(mail_id) => MailOutcome::Sent(EmailSent { order_id, kind, to, mail_id }),
            Err(reason) => MailOutcome::Failed(EmailFailed { order_id, kind, to: Some(to), reason }),
        },
    };
    app.execute::<Notification>(&event.id, &outcome, &event.cause()).await
}

/// The mailer's id of the mail, or why there is none. What nobody can tell is never sent a second time.
async fn hand_over(app: &App, mail: &Mail, again: bool) -> Result<Result<String, String>, Failure> {
    let mailer = app.gateway::<dyn Mailer>().map_err(Failure::transient)?;
    if again {
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
