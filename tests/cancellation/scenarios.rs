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
pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario { name: "an order is confirmed and leaves the house", begin: confirmed },
    Scenario { name: "a line is refused", begin: refused },
    Scenario { name: "the buyer cancels while stock is reserved", begin: cancelled },
    Scenario { name: "an operator aborts the fulfilment", begin: aborted },
    Scenario { name: "what shall come back has left the house", begin: gone },
    Scenario { name: "somebody confirms by hand", begin: by_hand },
    Scenario { name: "the stock is counted", begin: counted },
];

fn confirmed(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-1", &[("mug", 2)]));
    let ship = json!({ "sku": "mug", "orderId": "o-1" });
    pump.hooks.push(Hook { heard: "FulfilmentCompleted", name: "ShipStock", data: ship });
}

fn refused(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-2", &[("mug", 2), ("rare", 1)]));
}

fn cancelled(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-3", &[("mug", 2)]));
    let cancel = json!({ "orderId": "o-3", "reason": "I changed my mind" });
    pump.hooks.push(Hook { heard: "FulfilmentStarted", name: "CancelOrder", data: cancel });
}

fn aborted(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-7", &[("mug", 2)]));
    let abort = json!({ "orderId": "o-7", "reason": "The item was recalled." });
    pump.hooks.push(Hook { heard: "FulfilmentStarted", name: "AbortFulfilment", data: abort });
}

fn gone(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-4", &[("mug", 2), ("rare", 1)]));
    let ship = json!({ "sku": "mug", "orderId": "o-4" });
    pump.hooks.push(Hook { heard: "StockReserved", name: "ShipStock", data: ship });
    let resume = json!({ "orderId": "o-4" });
    pump.hooks.push(Hook { heard: "FulfilmentNeedsOperator", name: "ResumeFulfilment", data: resume });
}

fn by_hand(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-5", &[("mug", 2)]));
    pump.tell("ConfirmOrder", &json!({ "orderId": "o-5" }));
}

fn counted(pump: &mut Driver) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.hooks.push(Hook { heard: "StockReceived", name: "StockReportDue", data: json!({}) });
    pump.tell("PlaceOrder", &json!({ "orderId": "o/6" }));
}
