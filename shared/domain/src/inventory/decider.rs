//! The rules of a stock.

use std::collections::BTreeMap;

use causeway::{Decider, Once, Rejection};
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

/// How many closed reservations a stock remembers: the newest.
pub const MAX_CLOSED_RESERVATIONS: usize = 200;

/// The rules of a stock.
#[derive(Debug)]
pub struct Inventory;

/// What is known of a stock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockState {
    /// How many may still be promised.
    pub available: u64,
    /// The holds.
    pub open: BTreeMap<OrderId, Quantity>,
    /// How many left the house.
    pub shipped: u64,
    /// How the newest closed reservations ended, the oldest first.
    pub closed: Vec<(OrderId, ReservationEnd)>,
}

/// How a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReservationEnd {
    /// There was no hold.
    Refused,
    /// The hold was given up, or will be refused when it is asked for.
    Released,
    /// There was no hold, and it was given up.
    RefusedAndReleased,
    /// It left the house.
    Shipped,
}

/// How a stock says no.
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
            InventoryEvent::StockReservationFailed(failed) => {
                let closed = match stock.closed(&failed.order_id) {
                    None | Some(ReservationEnd::Refused) => ReservationEnd::Refused,
                    Some(ReservationEnd::Released | ReservationEnd::RefusedAndReleased) => {
                        ReservationEnd::RefusedAndReleased
                    }
                    Some(ReservationEnd::Shipped) => ReservationEnd::Shipped,
                };
                stock.close(&failed.order_id, closed);
            }
            InventoryEvent::StockReleased(released) => {
                stock.available = stock.available.saturating_add(u64::from(released.quantity));
                stock.open.remove(&released.order_id);
                let closed = match stock.closed(&released.order_id) {
                    None | Some(ReservationEnd::Released) => ReservationEnd::Released,
                    Some(ReservationEnd::Refused | ReservationEnd::RefusedAndReleased) => {
                        ReservationEnd::RefusedAndReleased
                    }
                    Some(ReservationEnd::Shipped) => ReservationEnd::Shipped,
                };
                stock.close(&released.order_id, closed);
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
    /// How many are held.
    pub fn reserved(&self) -> u64 {
        self.open.values().map(|quantity| u64::from(quantity.get())).sum()
    }

    /// How the order's reservation ended, if that is remembered.
    pub fn closed(&self, order: &OrderId) -> Option<ReservationEnd> {
        self.closed.iter().find(|(known, _)| known == order).map(|(_, closed)| *closed)
    }

    fn close(&mut self, order: &OrderId, closed: ReservationEnd) {
        self.closed.retain(|(known, _)| known != order);
        self.closed.push((order.clone(), closed));
        let surplus = self.closed.len().saturating_sub(MAX_CLOSED_RESERVATIONS);
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
        let held = self.open.get(&order_id).map_or(0, |quantity| quantity.get());
        match self.closed(&order_id).filter(|_| held == 0) {
            // Whoever asks waits for an answer, also when there was nothing to give back.
            None | Some(ReservationEnd::Refused) => Ok(vec![StockReleased { sku, order_id, quantity: held }.into()]),
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
