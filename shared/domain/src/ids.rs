//! Whose id it is stands in its type: an order's does not pass for a buyer's.

use causeway::Id;

use crate::order::Order;

/// Who buys.
#[derive(Debug)]
pub enum User {}

/// What lies on a shelf and is counted.
#[derive(Debug)]
pub enum StockItem {}

/// A day of the calendar, in UTC.
#[derive(Debug)]
pub enum Day {}

/// The id of an order, and of all that is done for it.
pub type OrderId = Id<Order>;

/// The id of a buyer.
pub type UserId = Id<User>;

/// The id under which a thing is kept and sold.
pub type Sku = Id<StockItem>;

/// A day as an id: `2026-01-15`.
pub type DayId = Id<Day>;
