//! Payments on the local cloud: the functions call the simulated provider over HTTP.

use causeway_local::payments::{Charge, ChargeStatus};
use domain::payment::{PaymentRow, PaymentStatus, PaymentSummary};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{say, standing, walk};

const AMOUNT: i64 = 2_998;

fn pay(order: &str, token: &str) -> Value {
    let amount = json!({ "amount": AMOUNT, "currency": "EUR" });
    json!({ "orderId": order, "userId": "u-1", "amount": amount, "paymentToken": token })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_charged_once_whatever_the_provider_and_its_network_do() {
    let running = standing(&[]).await.unwrap();
    let tokens = [
        ("tok_visa", PaymentStatus::Processed),
        ("tok_lost", PaymentStatus::Processed),
        ("tok_unavailable_once", PaymentStatus::Processed),
        ("tok_malformed", PaymentStatus::Processed),
        ("tok_twice", PaymentStatus::Processed),
        ("tok_pending", PaymentStatus::Processed),
        ("tok_hangs_once", PaymentStatus::Processed),
        ("tok_declined", PaymentStatus::Failed),
    ];
    for (token, _) in tokens {
        say(&running, "ProcessPayment", pay(&format!("o-{token}"), token)).await;
    }
    walk(&running, SignedDuration::from_mins(10)).await;
    let charges = running.cloud.services().payments.charges();
    let app = running.apps.app("payment-on-payment-requested").unwrap();
    for (token, expected) in tokens {
        let order = format!("o-{token}");
        let row: PaymentRow = app.row::<PaymentSummary>(&order).await.unwrap().unwrap();
        assert_eq!(row.status, expected, "{order}");
        let of_order: Vec<&Charge> = charges.iter().filter(|charge| charge.key == order).collect();
        let [charge] = of_order.as_slice() else { panic!("{order}: {of_order:?}") };
        let succeeded = expected == PaymentStatus::Processed;
        assert_eq!(charge.status == ChargeStatus::Succeeded, succeeded, "{charge:?}");
        assert_eq!(charge.paid(), if succeeded { AMOUNT } else { 0 }, "{charge:?}");
    }

    say(&running, "RefundPayment", json!({ "orderId": "o-tok_lost", "reason": "I changed my mind" })).await;
    say(&running, "RefundPayment", json!({ "orderId": "o-tok_declined", "reason": "it was declined" })).await;
    walk(&running, SignedDuration::from_mins(10)).await;
    let refunded = app.row::<PaymentSummary>("o-tok_lost").await.unwrap().unwrap();
    assert_eq!((refunded.status, refunded.refund_id.is_some()), (PaymentStatus::Refunded, true));
    let voided = app.row::<PaymentSummary>("o-tok_declined").await.unwrap().unwrap();
    assert_eq!(voided.status, PaymentStatus::Voided);
    let paid: i64 = running.cloud.services().payments.charges().iter().map(Charge::paid).sum();
    assert_eq!(paid, 6 * AMOUNT);
    running.cloud.stop().await;
}

/// An order whose tries are used up is left with a dead letter; whatever was recorded is what the provider did.
#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_provider_are_injected_by_the_seed() {
    let faults = "lost-answer@payments=0.2,error@payments=0.1,throttle@payments=0.05,duplicate@payments=0.3";
    let running = standing(&["--fault", faults, "--seed", "7"]).await.unwrap();
    for number in 0..12 {
        say(&running, "ProcessPayment", pay(&format!("o-{number}"), "tok_visa")).await;
    }
    walk(&running, SignedDuration::from_mins(30)).await;
    let charges = running.cloud.services().payments.charges();
    let app = running.apps.app("payment-on-payment-requested").unwrap();
    let mut processed = 0;
    for number in 0..12 {
        let order = format!("o-{number}");
        let row = app.row::<PaymentSummary>(&order).await.unwrap().unwrap();
        let of_order: Vec<&Charge> = charges.iter().filter(|charge| charge.key == order).collect();
        match (row.status, of_order.as_slice()) {
            (PaymentStatus::Processed, [charge]) if charge.paid() == AMOUNT => processed += 1,
            (PaymentStatus::Requested, [] | [_]) => {}
            _ => panic!("{row:?}: {of_order:?}"),
        }
    }
    assert!(processed >= 6, "{processed} of 12 are processed: {charges:?}");
    running.cloud.stop().await;
}
