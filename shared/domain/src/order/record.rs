//! What other contexts have done for an order, recorded in its stream.

use causeway::{Decider, Effect};

use super::{
    decider::{Order, OrderRejection, OrderState},
    events::{OrderCancelled, OrderConfirmed, OrderDelivered, OrderEvent, OrderPaid, OrderShipped},
};
use crate::{
    ids::OrderId,
    payment::PaymentProcessed,
    shipment::{ShipmentDelivered, ShipmentDispatched, ShippingCancelled},
};

/// The rules by which an order records what others have done for it. It has the stream and the state of [`Order`].
#[derive(Debug)]
pub struct OrderRecord;

/// What another context has done for an order.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderFact {
    /// It is charged.
    Paid(PaymentProcessed),
    /// The carrier has it.
    Shipped(ShipmentDispatched),
    /// The buyer has it.
    Delivered(ShipmentDelivered),
    /// It will not be shipped.
    ShippingCancelled(ShippingCancelled),
}

/// The reason of an order whose shipment somebody else has cancelled.
const SHIPPING_CANCELLED: &str = "its shipment was cancelled";

impl Decider for OrderRecord {
    const CONTEXT: &'static str = Order::CONTEXT;
    const STATE_REVISION: u32 = Order::STATE_REVISION;
    type State = OrderState;
    type Command = OrderFact;
    type Event = OrderEvent;
    type Rejection = OrderRejection;

    fn decide(state: &OrderState, fact: &OrderFact) -> Result<Vec<OrderEvent>, OrderRejection> {
        match fact {
            OrderFact::Paid(paid) => state.paid(paid),
            OrderFact::Shipped(shipped) => state.shipped(shipped),
            OrderFact::Delivered(delivered) => state.delivered(&delivered.order_id),
            OrderFact::ShippingCancelled(cancelled) => Ok(state.shipping_cancelled(&cancelled.order_id)),
        }
    }

    fn evolve(state: OrderState, event: &OrderEvent) -> OrderState {
        Order::evolve(state, event)
    }

    fn effects(after: &OrderState, event: &OrderEvent) -> Vec<Effect> {
        Order::effects(after, event)
    }
}

impl OrderState {
    fn paid(&self, paid: &PaymentProcessed) -> Result<Vec<OrderEvent>, OrderRejection> {
        let PaymentProcessed { order_id, amount, .. } = paid.clone();
        match self {
            Self::New => Err(OrderRejection::NotPlaced),
            Self::Placed(order) if order.paid => Ok(Vec::new()),
            Self::Placed(order) if order.total != amount => {
                Err(OrderRejection::PaidOtherAmount { paid: amount, total: order.total })
            }
            Self::Placed(_) => Ok(vec![OrderPaid { order_id, amount }.into()]),
            // The payment of a cancelled order is refunded; all others are paid.
            Self::Confirmed(_)
            | Self::Cancelling(_)
            | Self::Cancelled(_)
            | Self::Shipped(_)
            | Self::Delivered(_)
            | Self::Completed(_) => Ok(Vec::new()),
        }
    }

    /// A paid order that leaves the house is confirmed by that, if it was not before.
    fn shipped(&self, shipped: &ShipmentDispatched) -> Result<Vec<OrderEvent>, OrderRejection> {
        let ShipmentDispatched { order_id, tracking } = shipped.clone();
        let confirmed = OrderConfirmed { order_id: order_id.clone() };
        let shipped = OrderShipped { order_id, tracking };
        match self {
            Self::New => Err(OrderRejection::NotPlaced),
            Self::Placed(order) if !order.paid => Err(OrderRejection::NotPaid),
            Self::Placed(_) => Ok(vec![confirmed.into(), shipped.into()]),
            Self::Confirmed(_) | Self::Cancelling(_) => Ok(vec![shipped.into()]),
            Self::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
            Self::Shipped(_) | Self::Delivered(_) | Self::Completed(_) => Ok(Vec::new()),
        }
    }

    fn delivered(&self, order_id: &OrderId) -> Result<Vec<OrderEvent>, OrderRejection> {
        match self {
            Self::New => Err(OrderRejection::NotPlaced),
            Self::Placed(_) | Self::Confirmed(_) | Self::Cancelling(_) => Err(OrderRejection::NotShipped),
            Self::Cancelled(_) => Err(OrderRejection::AlreadyCancelled),
            Self::Shipped(_) => Ok(vec![OrderDelivered { order_id: order_id.clone() }.into()]),
            Self::Delivered(_) | Self::Completed(_) => Ok(Vec::new()),
        }
    }

    /// An order that is not shipped yet never will be, so it is cancelled.
    fn shipping_cancelled(&self, order_id: &OrderId) -> Vec<OrderEvent> {
        match self {
            Self::Placed(order) | Self::Confirmed(order) | Self::Cancelling(order) => {
                let reason = order.cancellation.clone().unwrap_or_else(|| SHIPPING_CANCELLED.to_owned());
                vec![OrderCancelled { order_id: order_id.clone(), reason }.into()]
            }
            Self::New | Self::Cancelled(_) | Self::Shipped(_) | Self::Delivered(_) | Self::Completed(_) => Vec::new(),
        }
    }
}
