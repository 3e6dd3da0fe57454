//! Tests of the analytics: the sums of windows and days, and their events once each.

use causeway::{
    Decider, MessageId,
    log::Recorded,
    testing::{assert_idempotent, given},
};
use jiff::Timestamp;

use super::*;
use crate::{
    money::{Currency, Money},
    order::{OrderEvent, OrderLine, OrderPlaced},
    payment::{PaymentEvent, PaymentRefunded},
};

fn at(text: &str) -> Timestamp {
    format!("2026-01-{text}Z").parse().unwrap()
}

fn row(minute: &str, currency: &str, orders: u64, paid: i64) -> SalesByMinuteRow {
    let currency = Currency::new(currency).unwrap();
    SalesByMinuteRow { minute: at(minute), currency, orders, ordered: 10 * paid, paid, refunded: 1 }
}

fn product(sku: &str, views: u64, orders: u64, pieces: u64) -> ProductsByDayRow {
    ProductsByDayRow { day: "2026-01-15".parse().unwrap(), sku: sku.parse().unwrap(), views, orders, pieces }
}

fn sales(currency: &str, orders: u64, paid: i64, refunded: i64) -> Sales {
    Sales { currency: Currency::new(currency).unwrap(), orders, ordered: 10 * paid, paid, refunded }
}

fn recorded<E>(event: impl Into<E>, time: &str) -> Recorded<E> {
    Recorded { id: MessageId::new("e-1").unwrap(), version: 1, at: at(time), event: event.into() }
}

#[test]
fn a_window_is_the_last_that_has_waited_for_late_events() {
    let window = |now: &str| {
        let window = MetricsWindow::before(at(now));
        (window.from, window.to, window.hour)
    };
    let noon = (at("15T11:55:00"), at("15T12:00:00"), at("15T11:00:00"));
    assert_eq!(window("15T12:01:00"), noon);
    assert_eq!(window("15T12:05:59.999"), noon);
    assert_eq!(window("15T12:00:59.999").1, at("15T11:55:00"));
    assert_eq!(MetricsWindow::before(at("15T00:06:00")).days(), ["2026-01-14", "2026-01-15"]);
    assert_eq!(MetricsWindow::before(at("15T00:01:00")).days(), ["2026-01-14"]);
    assert_eq!(MetricsWindow::before(at("15T12:01:00")).days(), ["2026-01-15"]);
}

#[test]
fn a_window_has_its_sales_and_those_of_the_last_hour_by_currency() {
    let rows = [
        row("15T10:59:00", "EUR", 1, 1),
        row("15T11:00:00", "EUR", 1, 10),
        row("15T11:54:00", "USD", 1, 100),
        row("15T11:55:00", "EUR", 2, 1_000),
        row("15T11:59:00", "EUR", 1, 10_000),
        row("15T12:00:00", "EUR", 1, 100_000),
    ];
    let metrics = MetricsWindow::before(at("15T12:01:00")).metrics(&rows);
    assert_eq!(metrics.sales, [sales("EUR", 3, 11_000, 2)]);
    assert_eq!(metrics.last_hour, [sales("EUR", 4, 11_010, 3), sales("USD", 1, 100, 1)]);
    let next = MetricsWindow::before(at("15T12:06:00")).metrics(&rows);
    let none = MetricsWindow::before(at("15T13:06:00")).metrics(&rows);
    given::<Analytics>([]).when(AnalyticsInput::Metrics(metrics.clone())).then([metrics.clone().into()]);
    given::<Analytics>([next.into()]).when(AnalyticsInput::Metrics(metrics.clone())).then_nothing();
    given::<Analytics>([metrics.clone().into()]).when(AnalyticsInput::Metrics(none)).then_nothing();
    assert_idempotent::<Analytics>([], &AnalyticsInput::Metrics(metrics));
}

#[test]
fn a_day_has_one_report_after_it_is_over() {
    let rows = [row("15T10:59:00", "EUR", 1, 1), row("15T23:59:00", "EUR", 1, 10)];
    let products = vec![product("mug", 10, 1, 2), product("cup", 30, 2, 9), product("hat", 4, 0, 0)];
    let day = || "2026-01-15".parse().unwrap();
    let report = report(day(), &rows, products);
    assert_eq!(report.sales, [sales("EUR", 2, 11, 2)]);
    assert_eq!((report.products, report.views, report.order_lines, report.conversion), (3, 44, 3, Some(681)));
    assert_eq!(report.top.iter().map(|product| product.sku.as_str()).collect::<Vec<_>>(), ["cup", "mug"]);
    let at_time = |now: &str| AnalyticsInput::Report { report: report.clone(), now: at(now) };
    given::<Analytics>([])
        .when(at_time("16T00:14:59"))
        .then_rejected(AnalyticsRejection::DayNotOver { day: day(), from: at("16T00:15:00") });
    given::<Analytics>([]).when(at_time("16T00:15:00")).then([report.clone().into()]);
    assert_idempotent::<Analytics>([], &at_time("17T00:00:00"));
    let invalid = DailyReportProduced { day: "2026-02-30".parse().unwrap(), ..report.clone() };
    given::<Analytics>([])
        .when(AnalyticsInput::Report { report: invalid.clone(), now: at("16T00:15:00") })
        .then_rejected(AnalyticsRejection::InvalidDay { day: invalid.day });
    assert_eq!((last_day(at("16T00:15:00")), last_day(at("16T00:14:59"))), ("2026-01-15".into(), "2026-01-14".into()));
}

#[test]
fn a_report_lists_ten_products_and_has_no_conversion_without_views() {
    let products = (0..50).map(|number| product(&format!("sku-{number:02}"), 0, 1, 50 - number)).collect();
    let report = report("2026-01-15".parse().unwrap(), &[], products);
    assert_eq!((report.top.len(), report.conversion, report.products), (MAX_TOP_PRODUCTS, None, 50));
    assert_eq!(report.top[9].sku.as_str(), "sku-09");
}

#[test]
fn an_event_adds_to_the_minute_and_the_day_in_which_it_happened() {
    let euros = |amount| Money { amount, currency: Currency::EUR };
    let line = |sku: &str, quantity: u32| OrderLine {
        sku: sku.parse().unwrap(),
        quantity: quantity.try_into().unwrap(),
        unit_price: euros(5),
    };
    let placed = OrderPlaced {
        order_id: "o-1".parse().unwrap(),
        user_id: "u-1".parse().unwrap(),
        lines: vec![line("mug", 2), line("cup", 1)],
        total: euros(15),
        shipping_address: None,
        contact_email: None,
        payment_token: None,
    };
    let event = recorded::<OrderEvent>(placed, "15T23:59:59.999");
    let sales = <OrderEvent as causeway::AddsTo<SalesByMinute>>::additions(&event);
    let (id, patch) = sales.into_iter().next().unwrap();
    let mut sum = causeway::view::Row::default();
    sum.apply(1, patch);
    assert_eq!((id.as_str(), sum.columns["minute"].as_str()), ("2026-01-15T23-59/EUR", Some("2026-01-15T23:59:00Z")));
    assert_eq!((&sum.columns["orders"], &sum.columns["ordered"]), (&1.into(), &15.into()));
    let products = <OrderEvent as causeway::AddsTo<ProductsByDay>>::additions(&event);
    assert_eq!(products.keys().collect::<Vec<_>>(), ["2026-01-15/cup", "2026-01-15/mug"]);
    let refunded =
        PaymentRefunded { order_id: "o-1".parse().unwrap(), amount: euros(15), refund_id: "r-1".parse().unwrap() };
    let event = recorded::<PaymentEvent>(refunded, "16T00:00:00");
    let (id, patch) = <PaymentEvent as causeway::AddsTo<SalesByMinute>>::additions(&event).pop_first().unwrap();
    sum.apply(2, patch);
    assert_eq!((id.as_str(), &sum.columns["refunded"]), ("2026-01-16T00-00/EUR", &15.into()));
    let row: SalesByMinuteRow = serde_json::from_value(sum.columns.into()).unwrap();
    assert_eq!((row.orders, row.refunded, row.paid), (1, 15, 0));
    assert_eq!(Analytics::CONTEXT, "analytics");
}
