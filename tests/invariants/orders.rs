//! The invariants of orders: how each ended, its money, and its shipment.

use std::collections::BTreeSet;

use causeway::log::commit::Recorded;
use domain::{
    fulfilment::FulfilmentEvent,
    order::{OrderEvent, OrderStatus},
    payment::PaymentEvent,
    shipment::ShipmentEvent,
};

use super::{Ending, Snapshot};

impl Snapshot {
    /// Every order is completed or cancelled once, as its fulfilment ended.
    pub(super) fn check_orders(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (stream, events) in self.of_context::<OrderEvent>("order") {
            let id = stream.id();
            let history: Vec<OrderStatus> = events.iter().map(|recorded| OrderStatus::after(&recorded.event)).collect();
            let endings = self.endings(id);
            let agree = match endings.as_slice() {
                [Ending::Completed] => history.ends_with(&[OrderStatus::Completed]),
                [Ending::Compensated] => history.ends_with(&[OrderStatus::Cancelled]),
                [Ending::NeedsOperator] => true,
                _ => false,
            };
            if !agree || !is_history(&history) {
                breaches.push(format!("{stream} was {history:?}, and its fulfilment ended {endings:?}"));
            }
            breaches.extend(self.steps_undone_twice(id));
        }
        breaches
    }

    /// Per order, what was charged and not refunded is its total if it is completed, and else nothing.
    pub(super) fn check_money(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (stream, events) in self.of_context::<OrderEvent>("order") {
            let Some(OrderEvent::OrderPlaced(placed)) = events.first().map(|recorded| &recorded.event) else {
                continue;
            };
            let paid = self.paid(stream.id());
            let expected = match self.order_status(stream.id()) {
                Some(OrderStatus::Completed) => placed.total.amount,
                _ => 0,
            };
            if paid != expected && self.endings(stream.id()) != [Ending::NeedsOperator] {
                breaches.push(format!("{paid} is paid for {stream} instead of {expected}"));
            }
        }
        breaches
    }

    /// What was charged for this order and not refunded.
    pub fn paid(&self, order: &str) -> i64 {
        let amount = |event: PaymentEvent| match event {
            PaymentEvent::PaymentProcessed(charged) => charged.amount.amount,
            PaymentEvent::PaymentRefunded(refunded) => -refunded.amount.amount,
            PaymentEvent::PaymentRequested(_)
            | PaymentEvent::PaymentFailed(_)
            | PaymentEvent::PaymentRefundRequested(_)
            | PaymentEvent::PaymentVoided(_) => 0,
        };
        self.events::<PaymentEvent>("payment", order).into_iter().map(amount).sum()
    }

    /// Each order is shipped at most once, only after its payment, and never if it is cancelled.
    pub(super) fn check_shipments(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (stream, events) in self.of_context::<ShipmentEvent>("shipment") {
            let dispatched =
                |recorded: &&Recorded<ShipmentEvent>| matches!(recorded.event, ShipmentEvent::ShipmentDispatched(_));
            let times: Vec<_> = events.iter().filter(dispatched).map(|recorded| recorded.at).collect();
            let payments = self.of_context::<PaymentEvent>("payment").into_iter();
            let of_order = payments.filter(|(payment, _)| payment.id() == stream.id()).flat_map(|(_, events)| events);
            let charged = of_order.filter(|recorded| matches!(recorded.event, PaymentEvent::PaymentProcessed(_)));
            let paid_at = charged.map(|recorded| recorded.at).min();
            if times.len() > 1 {
                breaches.push(format!("{stream} was dispatched {} times", times.len()));
            }
            if times.iter().any(|dispatched| paid_at.is_none_or(|paid| *dispatched < paid)) {
                breaches.push(format!("{stream} was dispatched before it was paid"));
            }
            if !times.is_empty() && self.order_status(stream.id()) == Some(OrderStatus::Cancelled) {
                breaches.push(format!("{stream} was dispatched, and its order is cancelled"));
            }
        }
        breaches
    }

    fn steps_undone_twice(&self, order: &str) -> Vec<String> {
        let mut undone = BTreeSet::new();
        let events = self.events::<FulfilmentEvent>("fulfilment", order).into_iter();
        let twice = events.filter_map(|event| match event {
            FulfilmentEvent::FulfilmentStepUndone(event) if !undone.insert(event.step.clone()) => Some(event.step),
            _ => None,
        });
        twice.map(|step| format!("fulfilment/{order} undid {step} twice")).collect()
    }
}

/// Whether an order can have had these statuses, one after the other.
fn is_history(history: &[OrderStatus]) -> bool {
    use OrderStatus::{Cancelled, Cancelling, Completed, Confirmed, Delivered, Paid, Placed, Shipped};
    let follows = |pair: &[OrderStatus]| match pair {
        [Placed, next] => matches!(next, Paid | Cancelled),
        [Paid, next] => matches!(next, Confirmed | Cancelled),
        [Confirmed, next] => matches!(next, Cancelling | Cancelled | Shipped),
        [Cancelling, next] => matches!(next, Cancelled | Shipped),
        [Shipped, next] => *next == Delivered,
        [Delivered, next] => *next == Completed,
        _ => false,
    };
    history.first() == Some(&Placed) && history.windows(2).all(follows)
}
