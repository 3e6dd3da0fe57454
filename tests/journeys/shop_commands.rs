//! Commands to a simulated shop.

use causeway::{Id, MessageId, memory::Memory, message::envelope::Cause, testing::sim::Simulation};
use domain::inventory::{Inventory, ReceiveStock};
use futures::FutureExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json, value::to_raw_value};

/// Sends commands to a simulated shop.
pub(crate) struct Shop<'a> {
    pub(crate) simulation: &'a Simulation,
    pub(crate) memory: &'a Memory,
}

impl Shop<'_> {
    /// Sends this message within the first five seconds after `after`.
    pub(crate) fn send(&self, after: SignedDuration, name: &str, data: Value) {
        let detail = to_raw_value(&json!({ "data": data })).unwrap();
        self.simulation.publish(after + self.jitter(), "shop.web", name, detail);
    }

    /// Sends copies of this message, all with this id.
    pub(crate) fn send_copies(&self, name: &str, id: &str, copies: u32, data: &Value) {
        self.send_copies_after(SignedDuration::ZERO, name, id, copies, data);
    }

    /// Sends copies of this message within the first five seconds after `after`, all with this id.
    pub(crate) fn send_copies_after(&self, after: SignedDuration, name: &str, id: &str, copies: u32, data: &Value) {
        for _ in 0..copies {
            let detail = to_raw_value(&json!({ "eventId": id, "data": data })).unwrap();
            self.simulation.publish(after + self.jitter(), "shop.web", name, detail);
        }
    }

    /// Places an order with this payment method.
    pub(crate) fn place_with(&self, order: &str, lines: &[(&str, u32)], token: &str) {
        let mut data = place_order(order, lines);
        data["paymentToken"] = json!(token);
        self.send(SignedDuration::ZERO, "PlaceOrder", data);
    }

    pub(crate) fn place(&self, order: &str, lines: &[(&str, u32)]) {
        self.send(SignedDuration::ZERO, "PlaceOrder", place_order(order, lines));
    }

    /// Stocks this quantity before the simulation begins.
    pub(crate) fn stock(&self, sku: &str, quantity: u32) {
        let id: Id<domain::ids::StockItem> = Id::new(sku).unwrap();
        let cause = Cause::new(MessageId::new(format!("delivered-{sku}")).unwrap(), "ReceiveStock");
        let receive = ReceiveStock { sku: id.clone(), quantity };
        let app = self.memory.app();
        let done = app.try_execute::<Inventory>(&id, &receive.into(), &cause).now_or_never();
        done.expect("in memory nothing waits").unwrap();
    }

    fn jitter(&self) -> SignedDuration {
        self.simulation.rng().up_to(SignedDuration::from_secs(5))
    }
}

/// The data of a `PlaceOrder`.
pub(crate) fn place_order(order: &str, lines: &[(&str, u32)]) -> Value {
    let price = json!({ "amount": 250, "currency": "EUR" });
    let line = |(sku, quantity): &(&str, u32)| json!({ "sku": sku, "quantity": quantity, "unitPrice": price });
    json!({
        "orderId": order,
        "userId": "u-1",
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "contactEmail": "ada@example.com",
    })
}
