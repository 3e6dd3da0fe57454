//! What people say to the shop, as the bus hears it.

use causeway::{Id, MessageId, memory::Memory, message::envelope::Cause, testing::sim::Simulation};
use domain::inventory::{Inventory, ReceiveStock};
use futures::FutureExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json, value::to_raw_value};

/// One who says things to a simulated shop.
pub(crate) struct Shop<'a> {
    pub(crate) world: &'a Simulation,
    pub(crate) memory: &'a Memory,
}

impl Shop<'_> {
    /// Somebody says this some time in the first seconds after `after`.
    pub(crate) fn say(&self, after: SignedDuration, name: &str, data: Value) {
        let detail = to_raw_value(&json!({ "data": data })).unwrap();
        self.world.publish(after + self.soon(), "shop.web", name, detail);
    }

    /// Somebody says this under an id of the message's own, a few times.
    pub(crate) fn insist(&self, name: &str, id: &str, times: u32, data: &Value) {
        for _ in 0..times {
            let detail = to_raw_value(&json!({ "eventId": id, "data": data })).unwrap();
            self.world.publish(self.soon(), "shop.web", name, detail);
        }
    }

    pub(crate) fn place(&self, order: &str, lines: &[(&str, u32)]) {
        self.say(SignedDuration::ZERO, "PlaceOrder", place_order(order, lines));
    }

    /// There is so much of it before anything begins.
    pub(crate) fn stock(&self, sku: &str, quantity: u32) {
        let id: Id<domain::ids::StockItem> = Id::new(sku).unwrap();
        let cause = Cause::new(MessageId::new(format!("delivered-{sku}")).unwrap(), "ReceiveStock");
        let receive = ReceiveStock { sku: id.clone(), quantity };
        let app = self.memory.app();
        let done = app.try_execute::<Inventory>(&id, &receive.into(), &cause).now_or_never();
        done.expect("memory answers at once").unwrap();
    }

    fn soon(&self) -> SignedDuration {
        self.world.rng().up_to(SignedDuration::from_secs(5))
    }
}

/// The body of a `PlaceOrder`.
pub(crate) fn place_order(order: &str, lines: &[(&str, u32)]) -> Value {
    let line = |(sku, quantity): &(&str, u32)| json!({ "sku": sku, "quantity": quantity, "unitPrice": { "amount": 250, "currency": "EUR" } });
    json!({
        "orderId": order,
        "userId": "u-1",
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "contactEmail": "ada@example.com",
    })
}
