//! Tests of notifications and of the texts of their e-mails.

use causeway::testing::{assert_idempotent, given};

use super::*;
use crate::{
    email::EmailAddress,
    money::{Currency, Money},
    order::{OrderCancelled, OrderConfirmed},
};

fn ada() -> EmailAddress {
    EmailAddress::new("ada@example.com").unwrap()
}

fn sent() -> EmailSent {
    let order_id = Some("o-1".parse().unwrap());
    EmailSent { order_id, user_id: None, kind: EmailKind::OrderConfirmation, to: ada(), mail_id: "mail-1".to_owned() }
}

fn failed() -> EmailFailed {
    let order_id = Some("o-1".parse().unwrap());
    EmailFailed {
        order_id,
        user_id: None,
        kind: EmailKind::OrderConfirmation,
        to: None,
        reason: "no address".to_owned(),
    }
}

#[test]
fn the_outcome_of_an_email_is_recorded_once() {
    given::<Notification>([]).when(MailOutcome::Sent(sent())).then([sent().into()]);
    given::<Notification>([]).when(MailOutcome::Failed(failed())).then([failed().into()]);
    for past in [vec![], vec![sent().into()], vec![failed().into()]] {
        assert_idempotent::<Notification>(past.clone(), &MailOutcome::Sent(sent()));
        assert_idempotent::<Notification>(past, &MailOutcome::Failed(failed()));
    }
}

#[test]
fn a_sent_email_stays_sent() {
    given::<Notification>([sent().into()]).when(MailOutcome::Failed(failed())).then_nothing();
}

#[test]
fn an_email_that_is_sent_after_a_failure_is_recorded() {
    given::<Notification>([failed().into()]).when(MailOutcome::Sent(sent())).then([sent().into()]);
}

#[test]
fn an_email_has_the_event_as_its_key_and_names_the_order() {
    let event = "e-1".parse().unwrap();
    let total = Money { amount: 1999, currency: Currency::EUR };
    let confirmed = OrderConfirmed { order_id: "o-1".parse().unwrap() };
    let mail = order_confirmed(&event, &confirmed, &ada(), total);
    assert_eq!((mail.key.as_str(), mail.to.as_str()), ("e-1", "ada@example.com"));
    assert_eq!(mail.subject, "Your order o-1 is confirmed");
    assert!(mail.body.contains("19.99 EUR"), "{}", mail.body);
    let cancelled = OrderCancelled { order_id: "o-1".parse().unwrap(), reason: "mug: none left".to_owned() };
    let mail = order_cancelled(&event, &cancelled, &ada());
    assert_eq!(mail.subject, "Your order o-1 is cancelled");
    assert!(mail.body.contains("mug: none left"), "{}", mail.body);
}

#[test]
fn every_kind_of_mail_names_the_order_and_has_the_event_as_its_key() {
    let event: causeway::MessageId = "event-1".parse().unwrap();
    let order_id: crate::ids::OrderId = "o-7".parse().unwrap();
    let amount = Money { amount: 2998, currency: Currency::EUR };
    let paid = crate::payment::PaymentProcessed {
        order_id: order_id.clone(),
        user_id: "u-1".parse().unwrap(),
        amount,
        charge_id: None,
    };
    let dispatched =
        crate::shipment::ShipmentDispatched { order_id: order_id.clone(), tracking: "t-1".parse().unwrap() };
    let delivered = crate::shipment::ShipmentDelivered { order_id };
    let mails = [
        payment_receipt(&event, &paid, &ada()),
        shipping_notice(&event, &dispatched, &ada()),
        feedback_request(&event, &delivered, &ada()),
    ];
    for mail in &mails {
        assert!(mail.subject.contains("o-7") && mail.key == "event-1" && mail.to == "ada@example.com", "{mail:?}");
    }
    assert!(mails[0].body.contains("29.98 EUR") && mails[1].body.contains("t-1"));
}
