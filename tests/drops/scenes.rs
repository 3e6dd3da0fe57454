//! Short scenes in which, taken together, every function has something to do.

use serde_json::json;

use super::pump::{Hook, Pump};
use crate::journeys::shop::place_order;

/// One scene: what is said, on ids that carry no mark.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&mut Pump),
}

/// All of them.
pub(crate) const SCENES: [Scene; 6] = [
    Scene { name: "an order is confirmed and leaves the house", begin: confirmed },
    Scene { name: "a line is refused", begin: refused },
    Scene { name: "the buyer cancels a confirmed order", begin: cancelled },
    Scene { name: "what shall come back has left the house", begin: gone },
    Scene { name: "somebody confirms by hand", begin: by_hand },
    Scene { name: "the stock is counted", begin: counted },
];

fn confirmed(pump: &mut Pump) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-1", &[("mug", 2)]));
    let ship = json!({ "sku": "mug", "orderId": "o-1" });
    pump.hooks.push(Hook { heard: "FulfilmentCompleted", name: "ShipStock", data: ship });
}

fn refused(pump: &mut Pump) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-2", &[("mug", 2), ("rare", 1)]));
}

fn cancelled(pump: &mut Pump) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-3", &[("mug", 2)]));
    let cancel = json!({ "orderId": "o-3", "reason": "I changed my mind" });
    pump.hooks.push(Hook { heard: "FulfilmentCompleted", name: "CancelOrder", data: cancel });
}

fn gone(pump: &mut Pump) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-4", &[("mug", 2), ("rare", 1)]));
    let ship = json!({ "sku": "mug", "orderId": "o-4" });
    pump.hooks.push(Hook { heard: "StockReserved", name: "ShipStock", data: ship });
}

fn by_hand(pump: &mut Pump) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.tell("PlaceOrder", &place_order("o-5", &[("mug", 2)]));
    pump.tell("ConfirmOrder", &json!({ "orderId": "o-5" }));
}

fn counted(pump: &mut Pump) {
    pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
    pump.hooks.push(Hook { heard: "StockReceived", name: "StockReportDue", data: json!({}) });
    pump.tell("PlaceOrder", &json!({ "orderId": "o/6" }));
}
