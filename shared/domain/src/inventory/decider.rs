//! The rules of the stock of an item.

use std::collections::BTreeMap;

use causeway::{Decider, Messages, Once, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    InventoryCommand, InventoryEvent, ReleaseStock, ReservationFailure, ReserveStock, ShipStock, StockReceived,
    StockReleased, StockReservationFailed, StockReserved, StockShipped,
};
use crate::{
    ids::OrderId,
    quantity::{InvalidQuantity, Quantity},
};

/// The number of closed reservations in the state: the newest.
pub const MAX_CLOSED_RESERVATIONS: usize = 200;

/// The rules of the stock of an item.
#[derive(Debug)]
pub struct Inventory;

/// The stock of an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockState {
    /// The number of pieces that are available for reservation.
    pub available: u64,
    /// The open reservations, by order.
    pub open: BTreeMap<OrderId, Quantity>,
    /// The number of pieces shipped so far.
    pub shipped: u64,
    /// The newest closed reservations, the oldest of them first.
    pub closed: Vec<(OrderId, ReservationEnd)>,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReservationEnd {
    /// It failed.
    Refused,
    /// It was released, maybe before it was made; then it will fail.
    Released,
    /// It failed and was released.
    RefusedAndReleased,
    /// It was shipped.
    Shipped,
}

/// Why the stock of an item rejects a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryRejection {
    /// The quantity is 0 or too large.
    #[error("quantity: {0}")]
    QuantityOutOfRange(#[from] InvalidQuantity),
    /// The order has a reservation of another quantity.
    #[error("quantity: order {order_id} has reserved {reserved}; it requests {requested}")]
    ReservedDifferently {
        /// The order.
        order_id: OrderId,
        /// The quantity that is reserved.
        reserved: Quantity,
        /// The quantity that is requested.
        requested: Quantity,
    },
    /// Shipped pieces cannot be released.
    #[error("orderId: the pieces of order {order_id} are shipped")]
    AlreadyShipped {
        /// The order.
        order_id: OrderId,
    },
    /// Only reserved pieces can be shipped.
    #[error("orderId: order {order_id} has no reservation of this item")]
    NotReserved {
        /// The order.
        order_id: OrderId,
    },
}

impl Rejection for InventoryRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::QuantityOutOfRange(_) => "QuantityOutOfRange",
            Self::ReservedDifferently { .. } => "ReservedDifferently",
            Self::AlreadyShipped { .. } => "AlreadyShipped",
            Self::NotReserved { .. } => "NotReserved",
        }
    }
}

impl Decider for Inventory {
    const CONTEXT: &'static str = "inventory";
    const ONCE: Once<InventoryCommand> =
        Once::Messages(&["ReceiveStock", "ReserveStock"], <InventoryCommand as Messages>::name);
    type State = StockState;
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Rejection = InventoryRejection;

    fn decide(stock: &StockState, command: &InventoryCommand) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        match command {
            InventoryCommand::ReceiveStock(receive) => {
                let quantity = Quantity::new(receive.quantity)?;
                Ok(vec![StockReceived { sku: receive.sku.clone(), quantity }.into()])
            }
            InventoryCommand::ReserveStock(reserve) => stock.reserve(reserve),
            InventoryCommand::ReleaseStock(release) => stock.release(release),
            InventoryCommand::ShipStock(ship) => stock.ship(ship),
        }
    }

    fn evolve(mut stock: StockState, event: &InventoryEvent) -> StockState {
        match event {
            InventoryEvent::StockReceived(received) => {
                stock.available = stock.available.saturating_add(u64::from(received.quantity.get()));
            }
            InventoryEvent::StockReserved(reserved) => {
                stock.available = stock.available.saturating_sub(u64::from(reserved.quantity.get()));
                stock.open.insert(reserved.order_id.clone(), reserved.quantity);
            }
            InventoryEvent::StockReservationFailed(failed) => stock.close(&failed.order_id, ReservationEnd::Refused),
            InventoryEvent::StockReleased(released) => {
                stock.available = stock.available.saturating_add(u64::from(released.quantity));
                stock.open.remove(&released.order_id);
                stock.close(&released.order_id, ReservationEnd::Released);
            }
            InventoryEvent::StockShipped(shipped) => {
                stock.shipped = stock.shipped.saturating_add(u64::from(shipped.quantity.get()));
                stock.open.remove(&shipped.order_id);
                stock.close(&shipped.order_id, ReservationEnd::Shipped);
            }
        }
        stock
    }
}

impl StockState {
    /// The number of pieces that are reserved.
    pub fn reserved(&self) -> u64 {
        self.open.values().map(|quantity| u64::from(quantity.get())).sum()
    }

    /// How the order's reservation ended, if the state still has it.
    pub fn closed(&self, order: &OrderId) -> Option<ReservationEnd> {
        self.closed.iter().find(|(id, _)| id == order).map(|(_, end)| *end)
    }

    fn close(&mut self, order: &OrderId, end: ReservationEnd) {
        let end = match (self.closed(order), end) {
            (Some(ReservationEnd::Shipped), _) | (_, ReservationEnd::Shipped) => ReservationEnd::Shipped,
            (Some(before), end) if before != end => ReservationEnd::RefusedAndReleased,
            (_, end) => end,
        };
        self.closed.retain(|(id, _)| id != order);
        self.closed.push((order.clone(), end));
        let surplus = self.closed.len().saturating_sub(MAX_CLOSED_RESERVATIONS);
        self.closed.drain(..surplus);
    }

    fn reserve(&self, reserve: &ReserveStock) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        let ReserveStock { sku, order_id, quantity } = reserve.clone();
        let quantity = Quantity::new(quantity)?;
        if let Some(reserved) = self.open.get(&order_id).copied() {
            let differently = InventoryRejection::ReservedDifferently { order_id, reserved, requested: quantity };
            return if reserved == quantity { Ok(Vec::new()) } else { Err(differently) };
        }
        let because = match self.closed(&order_id) {
            Some(ReservationEnd::Refused | ReservationEnd::RefusedAndReleased | ReservationEnd::Shipped) => {
                return Ok(Vec::new());
            }
            Some(ReservationEnd::Released) => ReservationFailure::ReleasedBefore,
            None if u64::from(quantity.get()) <= self.available => {
                return Ok(vec![StockReserved { sku, order_id, quantity }.into()]);
            }
            None => ReservationFailure::NotEnough { available: self.available },
        };
        Ok(vec![StockReservationFailed { sku, order_id, quantity, because }.into()])
    }

    fn release(&self, release: &ReleaseStock) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        let ReleaseStock { sku, order_id } = release.clone();
        let reserved = self.open.get(&order_id).map_or(0, |quantity| quantity.get());
        match self.closed(&order_id).filter(|_| reserved == 0) {
            // The process waits for an event, also when nothing was reserved.
            None | Some(ReservationEnd::Refused) => {
                Ok(vec![StockReleased { sku, order_id, quantity: reserved }.into()])
            }
            Some(ReservationEnd::Released | ReservationEnd::RefusedAndReleased) => Ok(Vec::new()),
            Some(ReservationEnd::Shipped) => Err(InventoryRejection::AlreadyShipped { order_id }),
        }
    }

    fn ship(&self, ship: &ShipStock) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        let ShipStock { sku, order_id } = ship.clone();
        if let Some(quantity) = self.open.get(&order_id).copied() {
            return Ok(vec![StockShipped { sku, order_id, quantity }.into()]);
        }
        match self.closed(&order_id) {
            Some(ReservationEnd::Shipped) => Ok(Vec::new()),
            None | Some(ReservationEnd::Refused | ReservationEnd::Released | ReservationEnd::RefusedAndReleased) => {
                Err(InventoryRejection::NotReserved { order_id })
            }
        }
    }
}
