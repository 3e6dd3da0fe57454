//! What must hold of the stock, counted here by itself: received = available + reserved + shipped, nothing below 0,
//! each reservation given out, released or shipped once.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{StreamId, log::commit::Recorded};
use domain::inventory::InventoryEvent;

use super::final_state::FinalState;

/// A shelf, counted by hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) received: i64,
    pub(crate) available: i64,
    pub(crate) shipped: i64,
    pub(crate) held: BTreeMap<String, i64>,
}

impl Counted {
    pub(crate) fn reserved(&self) -> i64 {
        self.held.values().sum()
    }
}

/// The shelf of this sku.
pub(crate) fn shelf(end: &FinalState, sku: &str) -> Counted {
    let mut broken = Vec::new();
    let events = end.of_context::<InventoryEvent>("inventory").into_iter().find(|(stream, _)| stream.id() == sku);
    events.map(|(stream, events)| count(&stream, &events, &mut broken)).unwrap_or_default()
}

/// What does not hold.
pub(crate) fn broken(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    for (stream, events) in end.of_context::<InventoryEvent>("inventory") {
        let shelf = count(&stream, &events, &mut broken);
        if shelf.received != shelf.available + shelf.reserved() + shelf.shipped {
            broken.push(format!("{stream}: {shelf:?} does not add up"));
        }
    }
    broken
}

fn count(stream: &StreamId, events: &[Recorded<InventoryEvent>], broken: &mut Vec<String>) -> Counted {
    let mut shelf = Counted::default();
    let mut reserved = BTreeSet::new();
    let mut released = BTreeSet::new();
    for recorded in events {
        match &recorded.event {
            InventoryEvent::StockReceived(event) => {
                shelf.received += i64::from(event.quantity.get());
                shelf.available += i64::from(event.quantity.get());
            }
            InventoryEvent::StockReserved(event) => {
                shelf.available -= i64::from(event.quantity.get());
                shelf.held.insert(event.order_id.to_string(), event.quantity.get().into());
                if !reserved.insert(event.order_id.clone()) {
                    broken.push(format!("{stream}: reserved twice for {}", event.order_id));
                }
                if released.contains(&event.order_id) {
                    broken.push(format!("{stream}: reserved for {} after it was released", event.order_id));
                }
            }
            InventoryEvent::StockReservationFailed(_) => {}
            InventoryEvent::StockReleased(event) => {
                let held = shelf.held.remove(event.order_id.as_str()).unwrap_or_default();
                if held != i64::from(event.quantity) {
                    broken.push(format!("{stream}: {} released, {held} held, {}", event.quantity, event.order_id));
                }
                shelf.available += i64::from(event.quantity);
                if !released.insert(event.order_id.clone()) {
                    broken.push(format!("{stream}: released twice for {}", event.order_id));
                }
            }
            InventoryEvent::StockShipped(event) => {
                shelf.held.remove(event.order_id.as_str());
                shelf.shipped += i64::from(event.quantity.get());
            }
        }
        if shelf.available < 0 || shelf.reserved() < 0 || shelf.shipped < 0 {
            broken.push(format!("{stream} version {}: {shelf:?} is below 0", recorded.version));
        }
    }
    shelf
}
