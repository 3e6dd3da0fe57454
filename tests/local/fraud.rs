//! Three declined payments in ten minutes make a user suspicious, and the next order waits for a person, on the local cloud.

use causeway_cli::up::Running;
use domain::{
    fraud::{FraudCase, FraudCaseStatus},
    order::{OrderStatus, OrderSummary},
};
use jiff::SignedDuration;
use serde_json::json;

use super::{binaries, say, standing, two_mugs, walk};

async fn place(running: &Running, order: &str, token: &str) {
    let mut data = two_mugs(order);
    data["paymentToken"] = json!(token);
    say(running, "PlaceOrder", data).await;
    walk(running, SignedDuration::from_mins(1)).await;
}

async fn the_next_order_of_a_suspected_user_waits(running: &Running) {
    say(running, "ReceiveStock", json!({ "sku": "mug", "quantity": 50 })).await;
    for order in ["declined-1", "declined-2"] {
        place(running, order, "tok_declined").await;
    }
    place(running, "before", "tok_visa").await;
    place(running, "declined-3", "tok_declined").await;
    for order in ["held", "refused"] {
        place(running, order, "tok_visa").await;
    }
    let app = running.apps.app("order-on-place-order").unwrap();
    let status = async |order: &str| app.row::<OrderSummary>(order).await.unwrap().map(|row| row.status);
    assert_eq!(status("before").await, Some(OrderStatus::Shipped), "two are not enough");
    assert_eq!(status("declined-3").await, Some(OrderStatus::Cancelled));
    assert_eq!((status("held").await, status("refused").await), (None, None), "both wait");
    let case = app.row::<FraudCase>("u-1").await.unwrap().unwrap();
    assert_eq!((case.status, case.waiting), (FraudCaseStatus::Waiting, 2));
    assert_eq!(case.pattern.as_deref(), Some("declined-payments"));

    let reject = json!({ "userId": "u-1", "orderId": "refused", "reason": "The card was stolen." });
    say(running, "RejectHold", reject).await;
    say(running, "ReleaseHold", json!({ "userId": "u-1", "orderId": "held" })).await;
    walk(running, SignedDuration::from_mins(1)).await;
    place(running, "after", "tok_visa").await;
    assert_eq!(status("held").await, Some(OrderStatus::Shipped));
    assert_eq!(status("refused").await, None, "it is never placed");
    assert_eq!(status("after").await, Some(OrderStatus::Shipped), "the suspicion is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_this_process() {
    let running = standing(&[]).await.unwrap();
    the_next_order_of_a_suspected_user_waits(&running).await;
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_processes() {
    let Some(running) = binaries::standing_as_processes().await else { return };
    the_next_order_of_a_suspected_user_waits(&running).await;
    running.cloud.stop().await;
}
