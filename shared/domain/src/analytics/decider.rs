//! The sums of windows and days, and the rules of their events: each window and each day once.

use std::collections::BTreeMap;

use causeway::{Decider, command::Rejection};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    events::{AnalyticsEvent, DailyReportProduced, MetricsUpdated, ProductSales, Sales},
    views::{ProductsByDayRow, SalesByMinuteRow},
};
use crate::ids::DayId;

/// The length of a window.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// The length of the sliding window.
pub const SLIDING: SignedDuration = SignedDuration::from_hours(1);
/// How long a window stays open for late events.
pub const METRICS_LATENESS: SignedDuration = SignedDuration::from_mins(1);
/// How long a day stays open for late events.
pub const REPORT_LATENESS: SignedDuration = SignedDuration::from_mins(15);
/// The most products that a report lists.
pub const MAX_TOP_PRODUCTS: usize = 10;

/// The rules of the analytics of a day.
#[derive(Debug)]
pub struct Analytics;

/// What was published of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalyticsState {
    /// The end of the last window of which the sales are published.
    #[schemars(with = "Option<String>")]
    pub updated_to: Option<Timestamp>,
    /// Whether the report is produced.
    pub reported: bool,
}

/// What is to be published.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalyticsInput {
    /// The sales of a window.
    Metrics(MetricsUpdated),
    /// The report of a day.
    Report {
        /// The report.
        report: DailyReportProduced,
        /// The time at which it is made.
        now: Timestamp,
    },
}

/// Why nothing is published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalyticsRejection {
    /// The text is no day.
    #[error("day: {day} is no day such as 2026-01-15")]
    InvalidDay {
        /// The text.
        day: DayId,
    },
    /// Events of the day may still come.
    #[error("day: {day} can be reported from {from} on")]
    DayNotOver {
        /// The day.
        day: DayId,
        /// The earliest time of its report.
        from: Timestamp,
    },
}

impl Rejection for AnalyticsRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::InvalidDay { .. } => "InvalidDay",
            Self::DayNotOver { .. } => "DayNotOver",
        }
    }
}

impl Decider for Analytics {
    const CONTEXT: &'static str = "analytics";
    type State = AnalyticsState;
    type Command = AnalyticsInput;
    type Event = AnalyticsEvent;
    type Rejection = AnalyticsRejection;

    fn decide(state: &AnalyticsState, input: &AnalyticsInput) -> Result<Vec<AnalyticsEvent>, AnalyticsRejection> {
        match input {
            AnalyticsInput::Metrics(metrics) => {
                let is_new = state.updated_to.is_none_or(|last| last < metrics.to);
                Ok(if is_new && !metrics.sales.is_empty() { vec![metrics.clone().into()] } else { Vec::new() })
            }
            AnalyticsInput::Report { report, now } => {
                let day = report.day.clone();
                let Some(end) = end_of(&day) else { return Err(AnalyticsRejection::InvalidDay { day }) };
                let from = end.saturating_add(REPORT_LATENESS).unwrap_or(end);
                if *now < from {
                    return Err(AnalyticsRejection::DayNotOver { day, from });
                }
                Ok(if state.reported { Vec::new() } else { vec![report.clone().into()] })
            }
        }
    }

    fn evolve(state: AnalyticsState, event: &AnalyticsEvent) -> AnalyticsState {
        match event {
            AnalyticsEvent::MetricsUpdated(metrics) => AnalyticsState { updated_to: Some(metrics.to), ..state },
            AnalyticsEvent::DailyReportProduced(_) => AnalyticsState { reported: true, ..state },
        }
    }
}

/// The day of a time, in UTC.
pub fn day_of(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The last day of which no event is expected any more.
pub fn last_day(now: Timestamp) -> String {
    let before = SignedDuration::from_hours(24).saturating_add(REPORT_LATENESS);
    day_of(now.checked_sub(before).unwrap_or(now))
}

/// The end of a day in UTC; none if the text is no day.
fn end_of(day: &DayId) -> Option<Timestamp> {
    let date: Date = day.as_str().parse().ok()?;
    Some(date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

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
