//! The sums of windows and days, from the rows of the projections.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    days::day_of,
    events::{DailyReportProduced, MetricsUpdated, ProductSales, Sales},
    views::{ProductsByDayRow, SalesByMinuteRow},
};
use crate::ids::DayId;

/// The length of a window.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// The length of the sliding window.
pub const SLIDING: SignedDuration = SignedDuration::from_hours(1);
/// How long a window stays open for late events.
pub const METRICS_LATENESS: SignedDuration = SignedDuration::from_mins(1);
/// The most products that a report lists.
pub const MAX_TOP_PRODUCTS: usize = 10;

/// The last window that is over, and the hour before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricsWindow {
    /// The start of the window.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The start of the hour.
    pub hour: Timestamp,
}

impl MetricsWindow {
    /// The last window that is over at this time.
    pub fn before(now: Timestamp) -> Self {
        let length = WINDOW.as_secs();
        let second = (now.as_second() - METRICS_LATENESS.as_secs()).div_euclid(length) * length;
        let to = Timestamp::from_second(second).unwrap_or(now);
        let back = |span| to.checked_sub(span).unwrap_or(to);
        Self { from: back(WINDOW), to, hour: back(SLIDING) }
    }

    /// The days whose rows the hour and the window need.
    pub fn days(&self) -> Vec<String> {
        let mut days = vec![day_of(self.hour), day_of(self.from)];
        days.dedup();
        days
    }

    /// Sums up the rows.
    pub fn metrics(&self, rows: &[SalesByMinuteRow]) -> MetricsUpdated {
        let within = |from| move |row: &&SalesByMinuteRow| (from..self.to).contains(&row.minute);
        MetricsUpdated {
            from: self.from,
            to: self.to,
            sales: sum(rows.iter().filter(within(self.from))),
            last_hour: sum(rows.iter().filter(within(self.hour))),
        }
    }
}

/// The report of a day from all its rows.
pub fn report(day: DayId, minutes: &[SalesByMinuteRow], products: Vec<ProductsByDayRow>) -> DailyReportProduced {
    let total = |number: fn(&ProductsByDayRow) -> u64| products.iter().map(number).sum::<u64>();
    let (views, order_lines) = (total(|row| row.views), total(|row| row.orders));
    let all = products.len() as u64;
    let mut top: Vec<ProductSales> = products
        .into_iter()
        .filter(|row| row.pieces > 0)
        .map(|row| ProductSales { sku: row.sku, views: row.views, orders: row.orders, pieces: row.pieces })
        .collect();
    top.sort_by(|one, other| other.pieces.cmp(&one.pieces).then_with(|| one.sku.as_str().cmp(other.sku.as_str())));
    top.truncate(MAX_TOP_PRODUCTS);
    let conversion = order_lines.saturating_mul(10_000).checked_div(views);
    DailyReportProduced { day, sales: sum(minutes.iter()), products: all, views, order_lines, conversion, top }
}

/// The sums by currency.
fn sum<'a>(rows: impl Iterator<Item = &'a SalesByMinuteRow>) -> Vec<Sales> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let zero = Sales { currency: row.currency, orders: 0, ordered: 0, paid: 0, refunded: 0 };
        let sum = sums.entry(row.currency).or_insert(zero);
        sum.orders = sum.orders.saturating_add(row.orders);
        sum.ordered = sum.ordered.saturating_add(row.ordered);
        sum.paid = sum.paid.saturating_add(row.paid);
        sum.refunded = sum.refunded.saturating_add(row.refunded);
    }
    sums.into_values().collect()
}
