//! Analytics through all functions in memory: each event counts once, and windows and days are published once.

use causeway::{Projection, view::Page};
use domain::analytics::{
    DailyReportProduced, MetricsUpdated, ProductsByDay, ProductsByDayRow, SalesByMinute, SalesByMinuteRow,
};
use futures::executor::block_on;
use jiff::SignedDuration;
use serde_json::json;

use super::{place, receive, test_app::TestApp};

fn rows<P: Projection>(app: &TestApp, list: &str) -> Vec<P::Row> {
    let page = Page { newest_first: false, ..Page::default() };
    block_on(app.memory.app().projected_list::<P>(list, &page)).unwrap().rows
}

/// The sums of all minutes.
fn total(app: &TestApp, day: &str) -> (u64, i64, i64, i64) {
    let add = |sum: (u64, i64, i64, i64), row: SalesByMinuteRow| {
        (sum.0 + row.orders, sum.1 + row.ordered, sum.2 + row.paid, sum.3 + row.refunded)
    };
    rows::<SalesByMinute>(app, day).into_iter().fold((0, 0, 0, 0), add)
}

fn products(app: &TestApp, day: &str) -> Vec<(String, u64, u64, u64)> {
    let row = |row: ProductsByDayRow| (row.sku.to_string(), row.views, row.orders, row.pieces);
    rows::<ProductsByDay>(app, day).into_iter().map(row).collect()
}

#[test]
fn orders_payments_and_views_of_many_streams_are_counted_once() {
    let app = TestApp::new(41);
    app.publish("ReceiveStock", receive("mug", 9));
    app.publish("ReceiveStock", receive("tea", 1));
    for (user, sku) in [("u-1", "mug"), ("u-1", "tea"), ("u-1", "mug"), ("u-2", "mug"), ("u-2", "hat")] {
        app.publish("ViewProduct", json!({ "userId": user, "sku": sku }));
    }
    app.publish("PlaceOrder", place("o-1", &[("mug", 2), ("tea", 1)]));
    app.publish("PlaceOrder", place("o-2", &[("mug", 1)]));
    app.publish("PlaceOrder", place("o-3", &[("tea", 5)]));
    assert_eq!(total(&app, "2026-01-01"), (3, 9_000, 4_000, 0), "the third order is not paid: the tea is out of stock");
    let expected = [("hat", 1, 0, 0), ("mug", 3, 2, 3), ("tea", 1, 2, 6)];
    assert_eq!(
        products(&app, "2026-01-01"),
        expected.map(|(sku, views, orders, pieces)| (sku.into(), views, orders, pieces))
    );
    app.assert_no_dead_letters();
}

#[test]
fn windows_and_days_are_published_once_and_only_when_they_are_over() {
    let app = TestApp::new(42);
    app.publish("ReceiveStock", receive("mug", 9));
    app.publish("MetricsDue", json!({}));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2)]));
    app.publish("MetricsDue", json!({}));
    assert!(app.published::<MetricsUpdated>().is_empty(), "the window is not over");
    app.memory.clock.advance(SignedDuration::from_mins(7));
    app.publish("MetricsDue", json!({}));
    app.publish("MetricsDue", json!({}));
    let windows = app.published::<MetricsUpdated>();
    assert_eq!(windows.len(), 1);
    assert_eq!((windows[0].sales[0].orders, windows[0].sales[0].paid), (1, 2_000));
    assert_eq!(windows[0].last_hour, windows[0].sales);
    app.publish("DailyReportDue", json!({ "day": "2026-01-01" }));
    app.publish("DailyReportDue", json!({ "day": "someday" }));
    let rejections: Vec<String> =
        app.published::<causeway::message::CommandRejected>().into_iter().map(|rejected| rejected.rule).collect();
    assert_eq!(rejections, ["DayNotOver", "InvalidDay"]);
    app.memory.clock.advance(SignedDuration::from_hours(25));
    app.publish("DailyReportDue", json!({}));
    app.publish("DailyReportDue", json!({ "day": "2026-01-01" }));
    let reports = app.published::<DailyReportProduced>();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].day.as_str(), reports[0].order_lines, reports[0].conversion), ("2026-01-01", 1, None));
    assert_eq!((reports[0].top[0].sku.as_str(), reports[0].top[0].pieces), ("mug", 2));
    app.assert_no_dead_letters();
}
