//! Short scenes in which, taken together, every function has something to do.

use serde_json::json;

use super::driver::{Driver, Hook};
use crate::journeys::shop_commands::place_order;

/// One scene: the published messages, on ids that carry no mark.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&mut Driver),
}

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 17] = [
    Scenario { name: "an order is paid, shipped and delivered", begin: confirmed },
    Scenario { name: "a line is refused", begin: refused },
    Scenario { name: "the buyer cancels while the shipment is scheduled", begin: cancelled },
    Scenario { name: "the buyer cancels a confirmed order", begin: regretted },
    Scenario { name: "an operator aborts the fulfilment", begin: aborted },
    Scenario { name: "what shall come back has left the house", begin: gone },
    Scenario { name: "somebody confirms by hand", begin: by_hand },
    Scenario { name: "the stock is counted", begin: counted },
    Scenario { name: "a user is registered and changed", begin: users },
    Scenario { name: "a cart is checked out", begin: checked_out },
    Scenario { name: "carts expire", begin: expired },
    Scenario { name: "an order is paid and gets its money back", begin: paid },
    Scenario { name: "a card is declined", begin: declined },
    Scenario { name: "a parcel is delivered, and another stays here", begin: delivered },
    Scenario { name: "money is transferred, returned and refused", begin: transferred },
    Scenario { name: "a device measures and goes silent", begin: measured },
    Scenario { name: "orders of a suspected user are rejected and released", begin: suspected },
];

fn confirmed(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-1", &[("mug", 2)]));
    deliver(driver, "o-1");
}

fn refused(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-2", &[("mug", 2), ("rare", 1)]));
}

fn cancelled(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-3", &[("mug", 2)]));
    let cancel = json!({ "orderId": "o-3", "reason": "I changed my mind" });
    driver.hooks.push(Hook::on("OrderPaid", "CancelOrder", cancel));
}

fn regretted(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-11", &[("mug", 2)]));
    let cancel = json!({ "orderId": "o-11", "reason": "I changed my mind" });
    driver.hooks.push(Hook::on("OrderConfirmed", "CancelOrder", cancel));
    deliver(driver, "o-11");
}

/// The carrier brings the parcel of this order.
fn deliver(driver: &mut Driver, order: &str) {
    driver.hooks.push(Hook::on("OrderShipped", "ConfirmDelivery", json!({ "orderId": order })));
}

fn aborted(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-7", &[("mug", 2)]));
    let abort = json!({ "orderId": "o-7", "reason": "The item was recalled." });
    driver.hooks.push(Hook::on("FulfilmentStarted", "AbortFulfilment", abort));
}

fn gone(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-4", &[("mug", 2), ("rare", 1)]));
    let ship = json!({ "sku": "mug", "orderId": "o-4" });
    driver.hooks.push(Hook::on("StockReserved", "ShipStock", ship));
    let resume = json!({ "orderId": "o-4" });
    driver.hooks.push(Hook::on("FulfilmentNeedsOperator", "ResumeFulfilment", resume));
}

fn by_hand(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("PlaceOrder", &place_order("o-5", &[("mug", 2)]));
    driver.publish("ConfirmOrder", &json!({ "orderId": "o-5" }));
}

fn counted(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.hooks.push(Hook::on("StockReceived", "StockReportDue", json!({})));
    driver.hooks.push(Hook::on("StockReceived", "MetricsDue", json!({})));
    driver.hooks.push(Hook::on("StockReceived", "DailyReportDue", json!({})));
    driver.publish("PlaceOrder", &json!({ "orderId": "o/6" }));
}

fn users(driver: &mut Driver) {
    let profile = |name: &str| json!({ "name": name });
    driver.publish("RegisterUser", &json!({ "userId": "u-1", "email": "ada@example.com", "profile": profile("Ada") }));
    driver.publish("UpdateUserEmail", &json!({ "userId": "u-1", "email": "byron@example.com" }));
    driver.publish("UpdateUserProfile", &json!({ "userId": "u-1", "profile": profile("Ada Byron") }));
    driver.publish("DeactivateUser", &json!({ "userId": "u-1" }));
    driver.publish("ReactivateUser", &json!({ "userId": "u-1" }));
}

fn add(user: &str, sku: &str) -> serde_json::Value {
    json!({ "userId": user, "sku": sku, "quantity": 2, "unitPrice": { "amount": 999, "currency": "EUR" } })
}

fn checked_out(driver: &mut Driver) {
    driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    driver.publish("ViewProduct", &json!({ "userId": "u-2", "sku": "mug" }));
    driver.publish("AddToCart", &add("u-2", "mug"));
    driver.publish("AddToCart", &add("u-2", "tea"));
    driver.publish("RemoveFromCart", &json!({ "userId": "u-2", "sku": "tea" }));
    driver.publish("CheckOutCart", &json!({ "userId": "u-2", "changes": 3 }));
}

fn expired(driver: &mut Driver) {
    for user in ["u-3", "u-4", "u-5"] {
        driver.publish("AddToCart", &add(user, "mug"));
    }
    driver.publish("ExpireCart", &json!({ "userId": "u-3", "changes": 1 }));
    let due = Hook::on("CartExpired", "CartExpiryDue", json!({}));
    driver.hooks.push(Hook { after: jiff::SignedDuration::from_hours(31 * 24), ..due });
}

fn pay(order: &str, token: &str) -> serde_json::Value {
    let amount = json!({ "amount": 500, "currency": "EUR" });
    json!({ "orderId": order, "userId": "u-1", "amount": amount, "paymentToken": token })
}

fn paid(driver: &mut Driver) {
    driver.publish("ProcessPayment", &pay("o-7", "tok_visa"));
    let refund = json!({ "orderId": "o-7", "reason": "I changed my mind" });
    driver.hooks.push(Hook::on("PaymentProcessed", "RefundPayment", refund));
}

fn declined(driver: &mut Driver) {
    driver.publish("ProcessPayment", &pay("o-8", "tok_declined"));
    let refund = json!({ "orderId": "o-8", "reason": "it was declined" });
    driver.hooks.push(Hook::on("PaymentFailed", "RefundPayment", refund));
}

fn delivered(driver: &mut Driver) {
    driver.publish("ScheduleShipping", &json!({ "orderId": "o-9" }));
    driver.publish("CancelShipping", &json!({ "orderId": "o-10" }));
    let seen = json!({ "orderId": "o-9", "place": "Berlin", "seenAt": "2026-01-15T08:30:00Z" });
    let order = json!({ "orderId": "o-9" });
    for (trigger, name, data) in [
        ("ShippingScheduled", "ShipOrder", order.clone()),
        ("ShipmentDispatched", "UpdateTracking", seen),
        ("TrackingUpdated", "ConfirmDelivery", order),
    ] {
        driver.hooks.push(Hook::on(trigger, name, data));
    }
}

fn transferred(driver: &mut Driver) {
    let euros = |amount| json!({ "amount": amount, "currency": "EUR" });
    for account in ["a-1", "a-2", "a-3"] {
        driver.publish("OpenAccount", &json!({ "accountId": account, "userId": "u-1", "currency": "EUR" }));
    }
    driver.publish("Deposit", &json!({ "accountId": "a-1", "amount": euros(100) }));
    driver.publish("Withdraw", &json!({ "accountId": "a-1", "amount": euros(10) }));
    driver.publish("CloseAccount", &json!({ "accountId": "a-3" }));
    for (transfer, from, to, amount) in
        [("t-1", "a-1", "a-2", 30), ("t-2", "a-1", "a-3", 20), ("t-3", "a-2", "a-1", 500)]
    {
        let request = json!({ "transferId": transfer, "from": from, "to": to, "amount": euros(amount) });
        driver.publish("RequestTransfer", &request);
    }
}

fn measured(driver: &mut Driver) {
    let readings = |id: &str, at: &str, value| json!({ "deviceId": "d-1", "readings": [{ "readingId": id, "at": at, "value": value }] });
    driver.publish("SetThreshold", &json!({ "deviceId": "d-1", "threshold": 20 }));
    driver.publish("RecordReadings", &readings("r-1", "2026-01-01T00:00:00Z", 25));
    let next = Hook::on("DeviceBecameActive", "RecordReadings", readings("r-2", "2026-01-01T00:02:00Z", 10));
    driver.hooks.push(Hook { after: jiff::SignedDuration::from_mins(2), ..next });
}

fn suspected(driver: &mut Driver) {
    let of_user = |mut data: serde_json::Value| {
        data["userId"] = json!("u-9");
        data
    };
    for order in ["o-20", "o-21", "o-22"] {
        driver.publish("ProcessPayment", &of_user(pay(order, "tok_declined")));
    }
    let rejected = json!({ "userId": "u-9", "orderId": "o-31", "reason": "The card was stolen." });
    let place = |order| of_user(place_order(order, &[("rare", 1)]));
    for (trigger, name, data) in [
        ("FraudSuspected", "PlaceOrder", place("o-31")),
        ("OrderHeld", "RejectHold", rejected),
        ("HoldRejected", "PlaceOrder", place("o-32")),
        ("HoldRejected", "ReleaseHold", json!({ "userId": "u-9", "orderId": "o-32" })),
    ] {
        driver.hooks.push(Hook::on(trigger, name, data));
    }
}
