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

/// What a [`PaymentToken`] identifies.
#[derive(Debug)]
pub enum PaymentMethod {}

/// What a [`ChargeId`] identifies.
#[derive(Debug)]
pub enum Charge {}

/// What a [`RefundId`] identifies.
#[derive(Debug)]
pub enum Refund {}

/// What a [`TrackingNumber`] identifies.
#[derive(Debug)]
pub enum Parcel {}

/// What a [`DayId`] identifies.
#[derive(Debug)]
pub enum Day {}

/// What an [`AccountId`] identifies.
#[derive(Debug)]
pub enum BankAccount {}

/// What a [`TransferId`] identifies.
#[derive(Debug)]
pub enum MoneyTransfer {}

/// What a [`DeviceId`] identifies.
#[derive(Debug)]
pub enum AnyDevice {}

/// What a [`ReadingId`] identifies.
#[derive(Debug)]
pub enum AnyReading {}

/// The id of an order; its fulfilment, payment and shipment have the same id.
pub type OrderId = Id<AnyOrder>;

/// The id of a user, who buys.
pub type UserId = Id<User>;

/// The stock keeping unit: the id of a thing that is kept and sold.
pub type Sku = Id<StockItem>;

/// What stands for the buyer's payment method at the payment provider: `tok_visa`. It is no card number.
pub type PaymentToken = Id<PaymentMethod>;

/// The payment provider's id of a charge.
pub type ChargeId = Id<Charge>;

/// The payment provider's id of a refund.
pub type RefundId = Id<Refund>;

/// The number under which the carrier tracks a parcel.
pub type TrackingNumber = Id<Parcel>;

/// A day of the calendar in UTC: `2026-01-15`.
pub type DayId = Id<Day>;

/// The id of an account at the bank.
pub type AccountId = Id<BankAccount>;

/// The id of a transfer from one account to another; both legs carry it.
pub type TransferId = Id<MoneyTransfer>;

/// The id of a device that measures.
pub type DeviceId = Id<AnyDevice>;

/// The id of a reading, chosen by its device.
pub type ReadingId = Id<AnyReading>;
