//! The texts of the e-mails.

use causeway::{MessageId, gateway::mail::Mail};

use crate::{
    email::EmailAddress,
    money::Money,
    order::{OrderCancelled, OrderConfirmed},
    payment::PaymentProcessed,
    shipment::{ShipmentDelivered, ShipmentDispatched},
    user::UserRegistered,
};

/// The e-mail that welcomes a user. Its idempotency key is the id of the event.
pub fn welcome(event: &MessageId, registered: &UserRegistered) -> Mail {
    let name = &registered.profile.name;
    Mail {
        key: event.to_string(),
        to: registered.email.to_string(),
        subject: "Welcome to the shop".to_owned(),
        body: format!("Welcome, {name}.\n\nYour account {} is ready: fill your cart.\n", registered.user_id),
    }
}

/// The e-mail about a confirmed order. Its idempotency key is the id of the event.
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

/// The e-mail about a cancelled order. Its idempotency key is the id of the event.
pub fn order_cancelled(event: &MessageId, cancelled: &OrderCancelled, to: &EmailAddress) -> Mail {
    let OrderCancelled { order_id, reason } = cancelled;
    Mail {
        key: event.to_string(),
        to: to.to_string(),
        subject: format!("Your order {order_id} is cancelled"),
        body: format!("We are sorry: order {order_id} is cancelled, and you pay nothing.\n\nThe reason: {reason}\n"),
    }
}

/// The receipt of a payment. Its idempotency key is the id of the event.
pub fn payment_receipt(event: &MessageId, processed: &PaymentProcessed, to: &EmailAddress) -> Mail {
    let PaymentProcessed { order_id, amount, .. } = processed;
    Mail {
        key: event.to_string(),
        to: to.to_string(),
        subject: format!("Your receipt for order {order_id}"),
        body: format!("Thank you: you paid {amount} for order {order_id}.\n"),
    }
}

/// The e-mail about a dispatched parcel. Its idempotency key is the id of the event.
pub fn shipping_notice(event: &MessageId, dispatched: &ShipmentDispatched, to: &EmailAddress) -> Mail {
    let ShipmentDispatched { order_id, tracking } = dispatched;
    Mail {
        key: event.to_string(),
        to: to.to_string(),
        subject: format!("Your order {order_id} is on its way"),
        body: format!("The carrier has your parcel of order {order_id}.\n\nIts tracking number is {tracking}.\n"),
    }
}

/// The request for feedback on a delivered order. Its idempotency key is the id of the event.
pub fn feedback_request(event: &MessageId, delivered: &ShipmentDelivered, to: &EmailAddress) -> Mail {
    let order = &delivered.order_id;
    Mail {
        key: event.to_string(),
        to: to.to_string(),
        subject: format!("How do you like your order {order}?"),
        body: format!("You have the parcel of order {order}. We would like to read what you think of it.\n"),
    }
}
