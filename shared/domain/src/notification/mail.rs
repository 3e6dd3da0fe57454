//! What the mails say.

use causeway::{MessageId, gateway::mail::Mail};

use crate::{
    email::EmailAddress,
    money::Money,
    order::{OrderCancelled, OrderConfirmed},
};

/// The mail that tells of a confirmed order. Its key is the event, so that it is one mail however often it is sent.
pub fn order_confirmed(event: &MessageId, confirmed: &OrderConfirmed, to: &EmailAddress, total: Money) -> Mail {
    let order = &confirmed.order_id;
    Mail {
        key: event.to_string(),
        to: to.to_string(),
        subject: format!("Your order {order} is confirmed"),
        body: format!(
            "Thank you for your order.\n\nWe have everything you asked for, and order {order} over {total} is on its way \
             to our packers.\n"
        ),
    }
}

/// The mail that tells of a cancelled order. Its key is the event, so that it is one mail however often it is sent.
pub fn order_cancelled(event: &MessageId, cancelled: &OrderCancelled, to: &EmailAddress) -> Mail {
    let OrderCancelled { order_id, reason } = cancelled;
    Mail {
        key: event.to_string(),
        to: to.to_string(),
        subject: format!("Your order {order_id} is cancelled"),
        body: format!("We are sorry: order {order_id} is cancelled, and you pay nothing.\n\nThe reason: {reason}\n"),
    }
}
