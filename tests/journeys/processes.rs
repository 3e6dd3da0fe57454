//! What must hold of each order and its fulfilment: one end, and order, process and shelves agree about it.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{MessageId, log::commit::Recorded};
use domain::{
    fulfilment::FulfilmentEvent, inventory::InventoryEvent, notification::NotificationEvent, order::OrderEvent,
};

use super::final_state::FinalState;

/// How a fulfilment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Completed,
    Compensated,
    NeedsOperator,
}

/// How an order stands at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    Nowhere,
    Placed,
    Confirmed,
    Cancelled,
}

/// How this order stands.
pub(crate) fn order(end: &FinalState, id: &str) -> Stands {
    match end.events::<OrderEvent>("order", id).last() {
        None => Stands::Nowhere,
        Some(OrderEvent::OrderPlaced(_)) => Stands::Placed,
        Some(OrderEvent::OrderConfirmed(_)) => Stands::Confirmed,
        Some(OrderEvent::OrderCancelled(_)) => Stands::Cancelled,
    }
}

/// All ends of this order's fulfilment.
pub(crate) fn endings(end: &FinalState, id: &str) -> Vec<Ending> {
    let ending = |event: FulfilmentEvent| match event {
        FulfilmentEvent::FulfilmentCompleted(_) => Some(Ending::Completed),
        FulfilmentEvent::FulfilmentCompensated(_) => Some(Ending::Compensated),
        FulfilmentEvent::FulfilmentNeedsOperator(_) => Some(Ending::NeedsOperator),
        _ => None,
    };
    end.events::<FulfilmentEvent>("fulfilment", id).into_iter().filter_map(ending).collect()
}

/// What does not hold.
pub(crate) fn broken(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    let holds = holds(end);
    for (stream, events) in end.of_context::<OrderEvent>("order") {
        let id = stream.id();
        let count = |name: fn(&OrderEvent) -> bool| events.iter().filter(|recorded| name(&recorded.event)).count();
        let placed = count(|event| matches!(event, OrderEvent::OrderPlaced(_)));
        let confirmed = count(|event| matches!(event, OrderEvent::OrderConfirmed(_)));
        let cancelled = count(|event| matches!(event, OrderEvent::OrderCancelled(_)));
        if placed != 1 || confirmed > 1 || cancelled > 1 {
            broken.push(format!("{stream}: placed {placed}, confirmed {confirmed}, cancelled {cancelled} times"));
        }
        let stands = order(end, id);
        let endings = endings(end, id);
        let [ending] = endings.as_slice() else {
            broken.push(format!("fulfilment/{id} has the ends {endings:?}"));
            continue;
        };
        let held = holds.get(id).cloned().unwrap_or_default();
        match (ending, stands) {
            (Ending::Completed, Stands::Confirmed) => broken.extend(not_all_held(&events, &held)),
            (Ending::Completed, Stands::Cancelled) if customer_cancelled(end, id) => {
                broken.extend(still_held(id, &held))
            }
            (Ending::Compensated, Stands::Cancelled) => broken.extend(still_held(id, &held)),
            (Ending::NeedsOperator, _) => {}
            _ => broken.push(format!("fulfilment/{id} ended {ending:?}, its order is {stands:?}")),
        }
        broken.extend(undone_twice(end, id));
    }
    broken.extend(mails(end));
    broken
}

/// Which order holds how much of what.
fn holds(end: &FinalState) -> BTreeMap<String, BTreeMap<String, u32>> {
    let mut holds: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for recorded in end.of_context::<InventoryEvent>("inventory").into_iter().flat_map(|(_, events)| events) {
        match recorded.event {
            InventoryEvent::StockReserved(event) => {
                let held = holds.entry(event.order_id.to_string()).or_default();
                held.insert(event.sku.to_string(), event.quantity.get());
            }
            InventoryEvent::StockReleased(event) => {
                holds.entry(event.order_id.to_string()).or_default().remove(event.sku.as_str());
            }
            InventoryEvent::StockReceived(_)
            | InventoryEvent::StockReservationFailed(_)
            | InventoryEvent::StockShipped(_) => {}
        }
    }
    holds
}

fn not_all_held(events: &[Recorded<OrderEvent>], held: &BTreeMap<String, u32>) -> Vec<String> {
    let Some(OrderEvent::OrderPlaced(placed)) = events.first().map(|recorded| &recorded.event) else {
        return vec!["an order does not begin with being placed".to_owned()];
    };
    let missing = placed.lines.iter().filter(|line| held.get(line.sku.as_str()) != Some(&line.quantity.get()));
    missing.map(|line| format!("order/{} is confirmed and holds no {}", placed.order_id, line.sku)).collect()
}

fn still_held(id: &str, held: &BTreeMap<String, u32>) -> Vec<String> {
    held.keys().map(|sku| format!("order/{id} is cancelled and holds {sku}")).collect()
}

fn customer_cancelled(end: &FinalState, id: &str) -> bool {
    end.cancelled_by_hand.contains(id)
}

fn undone_twice(end: &FinalState, id: &str) -> Vec<String> {
    let mut released = BTreeSet::new();
    let events = end.events::<FulfilmentEvent>("fulfilment", id).into_iter();
    let twice = events.filter_map(|event| match event {
        FulfilmentEvent::FulfilmentLineReleased(event) if !released.insert(event.sku.clone()) => Some(event.sku),
        _ => None,
    });
    twice.map(|sku| format!("fulfilment/{id} released {sku} twice")).collect()
}

/// At most one accepted mail per event, and every event that asks for one has its outcome.
fn mails(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    let mut keys = BTreeSet::new();
    for mail in &end.mails {
        if !keys.insert(mail.key.clone()) {
            broken.push(format!("two mails {:?}", mail.subject));
        }
    }
    for recorded in end.of_context::<OrderEvent>("order").into_iter().flat_map(|(_, events)| events) {
        if matches!(recorded.event, OrderEvent::OrderPlaced(_)) {
            continue;
        }
        broken.extend(outcome(end, &recorded.id, keys.contains(recorded.id.as_str())));
    }
    broken
}

fn outcome(end: &FinalState, event: &MessageId, accepted: bool) -> Option<String> {
    let outcomes = end.events::<NotificationEvent>("notification", event.as_str());
    let sent = outcomes.iter().filter(|outcome| matches!(outcome, NotificationEvent::EmailSent(_))).count();
    match (outcomes.len(), sent, accepted) {
        (0, _, _) => Some(format!("nobody knows what became of the mail about {event}")),
        (_, 1, false) => Some(format!("the mail about {event} is said to be sent, and was not accepted")),
        (_, 2.., _) => Some(format!("the mail about {event} is said to be sent {sent} times")),
        _ => None,
    }
}
