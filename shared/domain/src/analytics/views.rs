//! The projections: sales by minute and currency, and products by day. Orders, payments and carts add to them.

use std::collections::BTreeMap;

use causeway::{AddsTo, Patch, Projection, log::Recorded, view::projection::MAX_ROWS};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::days::day_of;
use crate::{
    cart::CartEvent,
    ids::{DayId, Sku},
    money::{Currency, Money},
    order::{MAX_LINES, OrderEvent},
    payment::PaymentEvent,
};

/// Sales by minute and currency; the rows of a day are in the list `<day>`, by minute.
#[derive(Debug)]
pub struct SalesByMinute;

/// The sales of a minute in one currency. All amounts are in its minor units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SalesByMinuteRow {
    /// The start of the minute.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub minute: Timestamp,
    /// The currency.
    pub currency: Currency,
    /// The number of orders placed.
    #[serde(default)]
    pub orders: u64,
    /// The sum of their totals.
    #[serde(default)]
    pub ordered: i64,
    /// The sum of all payments.
    #[serde(default)]
    pub paid: i64,
    /// The sum of all refunds.
    #[serde(default)]
    pub refunded: i64,
}

impl Projection for SalesByMinute {
    const NAME: &'static str = "sales-by-minute";
    type Row = SalesByMinuteRow;
}

impl SalesByMinute {
    /// What a patch adds to the row of the minute.
    fn addition(at: Timestamp, money: Money, patch: impl FnOnce(Patch) -> Patch) -> BTreeMap<String, Patch> {
        let minute = at.strftime("%Y-%m-%dT%H-%M").to_string();
        let row = Patch::none()
            .set("minute", at.strftime("%Y-%m-%dT%H:%M:00Z").to_string())
            .set("currency", money.currency)
            .list_at(day_of(at), format!("{minute}/{}", money.currency));
        [(format!("{minute}/{}", money.currency), patch(row))].into()
    }
}

impl AddsTo<SalesByMinute> for OrderEvent {
    fn additions(event: &Recorded<Self>) -> BTreeMap<String, Patch> {
        let Self::OrderPlaced(placed) = &event.event else { return BTreeMap::new() };
        let total = placed.total;
        SalesByMinute::addition(event.at, total, |row| row.add("orders", 1).add("ordered", total.amount))
    }
}

impl AddsTo<SalesByMinute> for PaymentEvent {
    fn additions(event: &Recorded<Self>) -> BTreeMap<String, Patch> {
        match &event.event {
            Self::PaymentProcessed(paid) => {
                SalesByMinute::addition(event.at, paid.amount, |row| row.add("paid", paid.amount.amount))
            }
            Self::PaymentRefunded(refund) => {
                SalesByMinute::addition(event.at, refund.amount, |row| row.add("refunded", refund.amount.amount))
            }
            Self::PaymentRequested(_)
            | Self::PaymentFailed(_)
            | Self::PaymentRefundRequested(_)
            | Self::PaymentVoided(_) => BTreeMap::new(),
        }
    }
}

/// Products by day; the rows of a day are in the list `<day>`, by sku.
#[derive(Debug)]
pub struct ProductsByDay;

/// What was seen of a product on a day, and sold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductsByDayRow {
    /// The day, in UTC.
    pub day: DayId,
    /// The stock keeping unit.
    pub sku: Sku,
    /// The number of times it was viewed.
    #[serde(default)]
    pub views: u64,
    /// The number of orders with it.
    #[serde(default)]
    pub orders: u64,
    /// The number of pieces ordered.
    #[serde(default)]
    pub pieces: u64,
}

// An order adds to a row for each of its lines.
const _: () = assert!(MAX_LINES <= MAX_ROWS);

impl Projection for ProductsByDay {
    const NAME: &'static str = "products-by-day";
    type Row = ProductsByDayRow;
}

impl ProductsByDay {
    /// The row of a product on a day.
    fn row(at: Timestamp, sku: &Sku) -> (String, Patch) {
        let day = day_of(at);
        let row = Patch::none().set("day", &day).set("sku", sku).list_at(&day, sku.as_str());
        (format!("{day}/{sku}"), row)
    }
}

impl AddsTo<ProductsByDay> for OrderEvent {
    fn additions(event: &Recorded<Self>) -> BTreeMap<String, Patch> {
        let Self::OrderPlaced(placed) = &event.event else { return BTreeMap::new() };
        let lines = placed.lines.iter().map(|line| {
            let (id, row) = ProductsByDay::row(event.at, &line.sku);
            (id, row.add("orders", 1).add("pieces", line.quantity.get().into()))
        });
        lines.collect()
    }
}

impl AddsTo<ProductsByDay> for CartEvent {
    fn additions(event: &Recorded<Self>) -> BTreeMap<String, Patch> {
        let Self::ProductViewed(viewed) = &event.event else { return BTreeMap::new() };
        let (id, row) = ProductsByDay::row(event.at, &viewed.sku);
        [(id, row.add("views", 1))].into()
    }
}
