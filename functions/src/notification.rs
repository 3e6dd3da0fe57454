//! Mails to the buyer. A mail is an effect outside the system: the message is claimed in the inbox first, and a resumed
//! claim asks the mailer whether the mail was accepted before it sends it again.

use causeway::{
    App, Claimed, Failure, MessageId, Outcome, Received,
    delivery::inbox::NotAttempted,
    gateway::mail::{FoundMail, Mail, MailError, Mailer},
    message::contract::Message,
};
use domain::{
    email::EmailAddress,
    ids::{OrderId, UserId},
    notification::{self, EmailFailed, EmailKind, EmailSent, MailOutcome, Notification},
    order::{Order, OrderCancelled, OrderConfirmed, PlacedOrder},
    payment::PaymentProcessed,
    shipment::{ShipmentDelivered, ShipmentDispatched},
    user::UserRegistered,
};

/// Welcomes the user. The event carries all that the mail needs: event-carried state transfer.
pub async fn on_user_registered(app: App, claimed: Claimed<UserRegistered>) -> Outcome {
    let registered = &claimed.message;
    let mail = Some((notification::welcome(&registered.id, &registered.data), registered.data.email.clone()));
    let (order_id, user_id) = (None, Some(registered.data.user_id.clone()));
    let outgoing = OutgoingMail { order_id, user_id, kind: EmailKind::Welcome, mail };
    deliver(&app, registered, claimed.resumed, outgoing).await
}

/// Sends the buyer a mail that the order is confirmed.
pub async fn on_order_confirmed(app: App, claimed: Claimed<OrderConfirmed>) -> Outcome {
    let order_id = claimed.message.data.order_id.clone();
    let write = |id: &MessageId, confirmed: &OrderConfirmed, to: &EmailAddress, order: &PlacedOrder| {
        notification::order_confirmed(id, confirmed, to, order.total)
    };
    about_order(&app, &claimed, order_id, EmailKind::OrderConfirmation, write).await
}

/// Sends the buyer a mail that the order is cancelled, with the reason.
pub async fn on_order_cancelled(app: App, claimed: Claimed<OrderCancelled>) -> Outcome {
    let order_id = claimed.message.data.order_id.clone();
    let write = |id: &MessageId, cancelled: &OrderCancelled, to: &EmailAddress, _: &PlacedOrder| {
        notification::order_cancelled(id, cancelled, to)
    };
    about_order(&app, &claimed, order_id, EmailKind::OrderCancellation, write).await
}

/// Sends the buyer a receipt of the payment.
pub async fn on_payment_processed(app: App, claimed: Claimed<PaymentProcessed>) -> Outcome {
    let order_id = claimed.message.data.order_id.clone();
    let write = |id: &MessageId, processed: &PaymentProcessed, to: &EmailAddress, _: &PlacedOrder| {
        notification::payment_receipt(id, processed, to)
    };
    about_order(&app, &claimed, order_id, EmailKind::PaymentReceipt, write).await
}

/// Sends the buyer a mail that the parcel is on its way.
pub async fn on_shipment_dispatched(app: App, claimed: Claimed<ShipmentDispatched>) -> Outcome {
    let order_id = claimed.message.data.order_id.clone();
    let write = |id: &MessageId, dispatched: &ShipmentDispatched, to: &EmailAddress, _: &PlacedOrder| {
        notification::shipping_notice(id, dispatched, to)
    };
    about_order(&app, &claimed, order_id, EmailKind::ShippingNotice, write).await
}

/// Asks the buyer, who has the parcel, what they think of it.
pub async fn on_shipment_delivered(app: App, claimed: Claimed<ShipmentDelivered>) -> Outcome {
    let order_id = claimed.message.data.order_id.clone();
    let write = |id: &MessageId, delivered: &ShipmentDelivered, to: &EmailAddress, _: &PlacedOrder| {
        notification::feedback_request(id, delivered, to)
    };
    about_order(&app, &claimed, order_id, EmailKind::FeedbackRequest, write).await
}

/// Sends a mail about an order. The event has the id of the order only, so the order is asked for the address: event
/// notification.
async fn about_order<M: Message>(
    app: &App,
    claimed: &Claimed<M>,
    order_id: OrderId,
    kind: EmailKind,
    write: impl Fn(&MessageId, &M, &EmailAddress, &PlacedOrder) -> Mail,
) -> Outcome {
    let event = &claimed.message;
    let order = app.state::<Order>(&order_id).await.map_err(NotAttempted::before)?;
    let mail = order.placed().and_then(|order| {
        let to = order.contact_email.clone()?;
        Some((write(&event.id, &event.data, &to, order), to))
    });
    let outgoing = OutgoingMail { order_id: Some(order_id), user_id: None, kind, mail };
    deliver(app, event, claimed.resumed, outgoing).await
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
