//! The types of ids: the id of an order cannot be used as the id of a user.

use causeway::Id;

/// What an [`OrderId`] identifies.
#[derive(Debug)]
pub enum AnyOrder {}

/// What a [`UserId`] identifies.
#[derive(Debug)]
pub enum User {}

/// What a [`Sku`] identifies.
#[derive(Debug)]
pub enum StockItem {}

/// What a [`DayId`] identifies.
#[derive(Debug)]
pub enum Day {}

/// The id of an order; its fulfilment has the same id.
pub type OrderId = Id<AnyOrder>;

/// The id of a user, who buys.
pub type UserId = Id<User>;

/// The stock keeping unit: the id of a thing that is kept and sold.
pub type Sku = Id<StockItem>;

/// A day of the calendar in UTC: `2026-01-15`.
pub type DayId = Id<Day>;
