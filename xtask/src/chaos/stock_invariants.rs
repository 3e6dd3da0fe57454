//! What must hold of the shelves: nothing is sold twice, nothing vanishes, and what is held is held for somebody.

use std::collections::BTreeMap;

use causeway::{View, view::view_store::RowKey};
use domain::{
    inventory::{InventoryEvent, Stock},
    order::OrderEvent,
};

use super::final_state::FinalState;

/// What a confirmed order does not hold just once, and what a cancelled one holds still.
pub(super) fn holds(end: &FinalState) -> Vec<String> {
    let mut held: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    let mut reserved: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (stream, events) in end.of_context::<InventoryEvent>("inventory") {
        for recorded in events {
            let (order, quantity) = match &recorded.event {
                InventoryEvent::StockReserved(it) => {
                    *reserved.entry((it.order_id.to_string(), stream.id().to_owned())).or_default() += 1;
                    (&it.order_id, i64::from(it.quantity.get()))
                }
                InventoryEvent::StockReleased(it) => (&it.order_id, -i64::from(it.quantity)),
                InventoryEvent::StockReceived(_)
                | InventoryEvent::StockReservationFailed(_)
                | InventoryEvent::StockShipped(_) => continue,
            };
            *held.entry(order.to_string()).or_default().entry(stream.id().to_owned()).or_default() += quantity;
        }
    }
    let mut broken = Vec::new();
    for (order, lines) in &end.wanted.lines {
        let mut holds = held.remove(order).unwrap_or_default();
        holds.retain(|_, quantity| *quantity != 0);
        let is_confirmed =
            matches!(end.events::<OrderEvent>("order", order).last(), Some(OrderEvent::OrderConfirmed(_)));
        let wanted: BTreeMap<String, i64> = match is_confirmed {
            true => lines.iter().map(|(sku, quantity)| (sku.clone(), i64::from(*quantity))).collect(),
            false => BTreeMap::new(),
        };
        if holds != wanted {
            broken.push(format!("{order} holds {holds:?}, and should hold {wanted:?}"));
        }
    }
    let twice = reserved.into_iter().filter(|(_, times)| *times > 1);
    broken.extend(twice.map(|((order, sku), times)| format!("{sku} was reserved {times} times for {order}")));
    broken.extend(held.into_iter().map(|(order, holds)| format!("{order}, which nobody put, holds {holds:?}")));
    broken
}

/// Where a shelf does not add up, at any moment of its life or in the view.
pub(super) fn stock(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    let shelves = end.of_context::<InventoryEvent>("inventory");
    for (stream, events) in &shelves {
        let [mut received, mut available, mut reserved, mut shipped] = [0_i64; 4];
        for recorded in events {
            match &recorded.event {
                InventoryEvent::StockReceived(it) => {
                    received += i64::from(it.quantity.get());
                    available += i64::from(it.quantity.get());
                }
                InventoryEvent::StockReserved(it) => {
                    available -= i64::from(it.quantity.get());
                    reserved += i64::from(it.quantity.get());
                }
                InventoryEvent::StockReservationFailed(_) => {}
                InventoryEvent::StockReleased(it) => {
                    available += i64::from(it.quantity);
                    reserved -= i64::from(it.quantity);
                }
                InventoryEvent::StockShipped(it) => {
                    reserved -= i64::from(it.quantity.get());
                    shipped += i64::from(it.quantity.get());
                }
            }
            if [available, reserved, shipped].iter().any(|count| *count < 0)
                || received != available + reserved + shipped
            {
                let version = recorded.version;
                broken.push(format!(
                    "{stream} at {version}: received {received}, available {available}, reserved {reserved}, shipped \
                     {shipped}"
                ));
            }
        }
        let put = end.wanted.stock.get(stream.id()).copied().unwrap_or_default();
        if received != i64::from(put) {
            broken.push(format!("{stream}: {put} were put there, and {received} came in"));
        }
        let key = RowKey { view: Stock::NAME.to_owned(), id: stream.id().to_owned() };
        let row = end.rows.get(&key);
        let shown = |column: &str| {
            row.and_then(|row| row.columns.get(column)).and_then(serde_json::Value::as_i64).unwrap_or_default()
        };
        let [in_log, in_view] = [
            [received, available, reserved, shipped],
            [shown("received"), shown("available"), shown("reserved"), shown("shipped")],
        ];
        if in_log != in_view {
            broken.push(format!("{key} shows {in_view:?}, and the log says {in_log:?}"));
        }
    }
    let missing = end.wanted.stock.keys().filter(|sku| shelves.iter().all(|(stream, _)| stream.id() != sku.as_str()));
    broken.extend(missing.map(|sku| format!("there is no shelf of {sku}")));
    broken
}
