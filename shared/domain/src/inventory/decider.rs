//! The rules of a shelf.

use std::collections::BTreeMap;

use causeway::{Decider, Once, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    InventoryCommand, InventoryEvent, RefusedBecause, ReleaseStock, ReserveStock, ShipStock, StockReceived,
    StockReleased, StockReservationFailed, StockReserved, StockShipped,
};
use crate::{
    ids::OrderId,
    quantity::{InvalidQuantity, Quantity},
};

/// How many closed reservations a shelf remembers: the newest.
pub const CLOSED_REMEMBERED: usize = 200;

/// The rules of a shelf.
#[derive(Debug)]
pub struct Inventory;

/// What is known of a shelf.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shelf {
    /// How many may still be promised.
    pub available: u64,
    /// The holds.
    pub open: BTreeMap<OrderId, Quantity>,
    /// How many left the house.
    pub shipped: u64,
    /// How the newest closed reservations ended, the oldest first.
    pub closed: Vec<(OrderId, Closed)>,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Closed {
    /// There was no hold.
    Refused,
    /// The hold was given up, or will be refused when it is asked for.
    Released,
    /// There was no hold, and it was given up.
    RefusedAndReleased,
    /// It left the house.
    Shipped,
}

/// How a shelf says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryRejection {
    /// Nothing or far too many.
    #[error("quantity: {0}")]
    QuantityOutOfRange(#[from] InvalidQuantity),
    /// The order has a hold already, on another number.
    #[error("quantity: order {order_id} holds {held}; it asks for {asked}")]
    ReservedDifferently {
        /// The order.
        order_id: OrderId,
        /// What it holds.
        held: Quantity,
        /// What it asks for.
        asked: Quantity,
    },
    /// What has left cannot be given back.
    #[error("orderId: what order {order_id} held has left the house")]
    AlreadyShipped {
        /// The order.
        order_id: OrderId,
    },
    /// Only what is held can leave.
    #[error("orderId: order {order_id} holds nothing here")]
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
    const ONCE: Once<InventoryCommand> = Once::When(|command| match command {
        InventoryCommand::ReceiveStock(_) | InventoryCommand::ReserveStock(_) => true,
        InventoryCommand::ReleaseStock(_) | InventoryCommand::ShipStock(_) => false,
    });
    type State = Shelf;
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Rejection = InventoryRejection;

    fn decide(shelf: &Shelf, command: &InventoryCommand) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        match command {
            InventoryCommand::ReceiveStock(receive) => {
                let quantity = Quantity::new(receive.quantity)?;
                Ok(vec![StockReceived { sku: receive.sku.clone(), quantity }.into()])
            }
            InventoryCommand::ReserveStock(reserve) => shelf.reserve(reserve),
            InventoryCommand::ReleaseStock(release) => shelf.release(release),
            InventoryCommand::ShipStock(ship) => shelf.ship(ship),
        }
    }

    fn evolve(mut shelf: Shelf, event: &InventoryEvent) -> Shelf {
        match event {
            InventoryEvent::StockReceived(received) => {
                shelf.available = shelf.available.saturating_add(u64::from(received.quantity.get()));
            }
            InventoryEvent::StockReserved(reserved) => {
                shelf.available = shelf.available.saturating_sub(u64::from(reserved.quantity.get()));
                shelf.open.insert(reserved.order_id.clone(), reserved.quantity);
            }
            InventoryEvent::StockReservationFailed(failed) => {
                let closed = match shelf.closed(&failed.order_id) {
                    None | Some(Closed::Refused) => Closed::Refused,
                    Some(Closed::Released | Closed::RefusedAndReleased) => Closed::RefusedAndReleased,
                    Some(Closed::Shipped) => Closed::Shipped,
                };
                shelf.close(&failed.order_id, closed);
            }
            InventoryEvent::StockReleased(released) => {
                shelf.available = shelf.available.saturating_add(u64::from(released.quantity));
                shelf.open.remove(&released.order_id);
                let closed = match shelf.closed(&released.order_id) {
                    None | Some(Closed::Released) => Closed::Released,
                    Some(Closed::Refused | Closed::RefusedAndReleased) => Closed::RefusedAndReleased,
                    Some(Closed::Shipped) => Closed::Shipped,
                };
                shelf.close(&released.order_id, closed);
            }
            InventoryEvent::StockShipped(shipped) => {
                shelf.shipped = shelf.shipped.saturating_add(u64::from(shipped.quantity.get()));
                shelf.open.remove(&shipped.order_id);
                shelf.close(&shipped.order_id, Closed::Shipped);
            }
        }
        shelf
    }
}

impl Shelf {
    /// How many are held.
    pub fn reserved(&self) -> u64 {
        self.open.values().map(|quantity| u64::from(quantity.get())).sum()
    }

    /// How the order's reservation ended, if that is remembered.
    pub fn closed(&self, order: &OrderId) -> Option<Closed> {
        self.closed.iter().find(|(known, _)| known == order).map(|(_, closed)| *closed)
    }

    fn close(&mut self, order: &OrderId, closed: Closed) {
        self.closed.retain(|(known, _)| known != order);
        self.closed.push((order.clone(), closed));
        let surplus = self.closed.len().saturating_sub(CLOSED_REMEMBERED);
        self.closed.drain(..surplus);
    }

    fn reserve(&self, reserve: &ReserveStock) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        let ReserveStock { sku, order_id, quantity } = reserve.clone();
        let quantity = Quantity::new(quantity)?;
        if let Some(held) = self.open.get(&order_id).copied() {
            let differently = InventoryRejection::ReservedDifferently { order_id, held, asked: quantity };
            return if held == quantity { Ok(Vec::new()) } else { Err(differently) };
        }
        let because = match self.closed(&order_id) {
            Some(Closed::Refused | Closed::RefusedAndReleased | Closed::Shipped) => return Ok(Vec::new()),
            Some(Closed::Released) => RefusedBecause::ReleasedBefore,
            None if u64::from(quantity.get()) <= self.available => {
                return Ok(vec![StockReserved { sku, order_id, quantity }.into()]);
            }
            None => RefusedBecause::NotEnough { available: self.available },
        };
        Ok(vec![StockReservationFailed { sku, order_id, quantity, because }.into()])
    }

    fn release(&self, release: &ReleaseStock) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        let ReleaseStock { sku, order_id } = release.clone();
        let held = self.open.get(&order_id).map_or(0, |quantity| quantity.get());
        match self.closed(&order_id).filter(|_| held == 0) {
            // Whoever asks waits for an answer, also when there was nothing to give back.
            None | Some(Closed::Refused) => Ok(vec![StockReleased { sku, order_id, quantity: held }.into()]),
            Some(Closed::Released | Closed::RefusedAndReleased) => Ok(Vec::new()),
            Some(Closed::Shipped) => Err(InventoryRejection::AlreadyShipped { order_id }),
        }
    }

    fn ship(&self, ship: &ShipStock) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        let ShipStock { sku, order_id } = ship.clone();
        if let Some(quantity) = self.open.get(&order_id).copied() {
            return Ok(vec![StockShipped { sku, order_id, quantity }.into()]);
        }
        match self.closed(&order_id) {
            Some(Closed::Shipped) => Ok(Vec::new()),
            None | Some(Closed::Refused | Closed::Released | Closed::RefusedAndReleased) => {
                Err(InventoryRejection::NotReserved { order_id })
            }
        }
    }
}
