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
pub(crate) const SCENARIOS: [Scenario; 10] = [
    Scenario { name: "an order is confirmed and leaves the house", begin: confirmed },
    Scenario { name: "a line is refused", begin: refused },
    Scenario { name: "the buyer cancels while stock is reserved", begin: cancelled },
    Scenario { name: "an operator aborts the fulfilment", begin: aborted },
    Scenario { name: "what shall come back has left the house", begin: gone },
    Scenario { name: "somebody confirms by hand", begin: by_hand },
    Scenario { name: "the stock is counted", begin: counted },
    Scenario { name: "a user is registered and changed", begin: users },
    Scenario { name: "a cart is checked out", begin: checked_out },
    Scenario { name: "carts expire", begin: expired },
];

fn confirmed(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-1", &[("mug", 2)]));
    let ship = json!({ "sku": "mug", "orderId": "o-1" });
    pump.hooks.push(Hook::on("FulfilmentCompleted", "ShipStock", ship));
}

fn refused(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-2", &[("mug", 2), ("rare", 1)]));
}

fn cancelled(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-3", &[("mug", 2)]));
    let cancel = json!({ "orderId": "o-3", "reason": "I changed my mind" });
    pump.hooks.push(Hook::on("FulfilmentStarted", "CancelOrder", cancel));
}

fn aborted(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-7", &[("mug", 2)]));
    let abort = json!({ "orderId": "o-7", "reason": "The item was recalled." });
    pump.hooks.push(Hook::on("FulfilmentStarted", "AbortFulfilment", abort));
}

fn gone(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-4", &[("mug", 2), ("rare", 1)]));
    let ship = json!({ "sku": "mug", "orderId": "o-4" });
    pump.hooks.push(Hook::on("StockReserved", "ShipStock", ship));
    let resume = json!({ "orderId": "o-4" });
    pump.hooks.push(Hook::on("FulfilmentNeedsOperator", "ResumeFulfilment", resume));
}

fn by_hand(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-5", &[("mug", 2)]));
    pump.tell("ConfirmOrder", &json!({ "orderId": "o-5" }));
}

fn counted(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.hooks.push(Hook::on("StockReceived", "StockReportDue", json!({})));
    pump.tell("PlaceOrder", &json!({ "orderId": "o/6" }));
}

fn users(pump: &mut Driver) {
    let profile = |name: &str| json!({ "name": name });
    pump.tell("RegisterUser", &json!({ "userId": "u-1", "email": "ada@example.com", "profile": profile("Ada") }));
    pump.tell("UpdateUserEmail", &json!({ "userId": "u-1", "email": "byron@example.com" }));
    pump.tell("UpdateUserProfile", &json!({ "userId": "u-1", "profile": profile("Ada Byron") }));
    pump.tell("DeactivateUser", &json!({ "userId": "u-1" }));
    pump.tell("ReactivateUser", &json!({ "userId": "u-1" }));
}

fn add(user: &str, sku: &str) -> serde_json::Value {
    json!({ "userId": user, "sku": sku, "quantity": 2, "unitPrice": { "amount": 999, "currency": "EUR" } })
}

fn checked_out(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("ViewProduct", &json!({ "userId": "u-2", "sku": "mug" }));
    pump.tell("AddToCart", &add("u-2", "mug"));
    pump.tell("AddToCart", &add("u-2", "tea"));
    pump.tell("RemoveFromCart", &json!({ "userId": "u-2", "sku": "tea" }));
    pump.tell("CheckOutCart", &json!({ "userId": "u-2", "changes": 3 }));
}

fn expired(pump: &mut Driver) {
    for user in ["u-3", "u-4", "u-5"] {
        pump.tell("AddToCart", &add(user, "mug"));
    }
    pump.tell("ExpireCart", &json!({ "userId": "u-3", "changes": 1 }));
    let due = Hook::on("CartExpired", "CartExpiryDue", json!({}));
    pump.hooks.push(Hook { after: jiff::SignedDuration::from_hours(31 * 24), ..due });
}
