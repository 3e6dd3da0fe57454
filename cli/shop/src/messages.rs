//! The commands that the demo and the cost calculation publish: samples of the catalogue with other fields.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use causeway_cli::samples;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Goods {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

pub(crate) fn receive_stock(event_id: Option<String>, goods: &Goods) -> anyhow::Result<PutEventsRequestEntry> {
    entry("ReceiveStock", event_id, |data| set_goods(data, goods))
}

pub(crate) fn place_order(
    event_id: Option<String>,
    order_id: &str,
    lines: &[Goods],
    change: impl FnOnce(&mut Value),
) -> anyhow::Result<PutEventsRequestEntry> {
    entry("PlaceOrder", event_id, |data| {
        let sample = data["lines"][0].clone();
        let line = |goods: &Goods| {
            let mut line = sample.clone();
            set_goods(&mut line, goods);
            line
        };
        data["orderId"] = json!(order_id);
        data["lines"] = lines.iter().map(line).collect();
        change(data);
    })
}

pub(crate) fn cancel_order(
    event_id: Option<String>,
    order_id: &str,
    reason: &str,
) -> anyhow::Result<PutEventsRequestEntry> {
    entry("CancelOrder", event_id, |data| {
        data["orderId"] = json!(order_id);
        data["reason"] = json!(reason);
    })
}

pub(crate) fn confirm_delivery(event_id: Option<String>, order_id: &str) -> anyhow::Result<PutEventsRequestEntry> {
    entry("ConfirmDelivery", event_id, |data| data["orderId"] = json!(order_id))
}

fn set_goods(data: &mut Value, goods: &Goods) {
    data["sku"] = json!(goods.sku);
    data["quantity"] = json!(goods.quantity);
}

fn entry(
    name: &str,
    event_id: Option<String>,
    change: impl FnOnce(&mut Value),
) -> anyhow::Result<PutEventsRequestEntry> {
    samples::entry(name, |detail| {
        if let Some(id) = event_id {
            detail["eventId"] = json!(id);
        }
        change(&mut detail["data"]);
    })
}
