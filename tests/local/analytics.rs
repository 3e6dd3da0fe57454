//! A window of sales and the report of a day, made by their schedules on the local cloud.

use causeway::view::Page;
use causeway_cli::up::Running;
use domain::analytics::{Analytics, ProductsByDay, SalesByMinute, SalesByMinuteRow, day_of};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{binaries, now, say, standing, two_mugs, walk};

async fn sales_are_counted_and_reported(running: &Running) {
    // Noon of the next day, so that no window is cut by the end of the day.
    let day = SignedDuration::from_hours(24).as_secs();
    let noon = Timestamp::from_second((now(running).as_second() / day + 1) * day + day / 2).unwrap();
    walk(running, noon.duration_since(now(running))).await;
    say(running, "ReceiveStock", json!({ "sku": "mug", "quantity": 10 })).await;
    walk(running, SignedDuration::ZERO).await;
    for (user, order) in [("u-7", "o-1"), ("u-8", "o-2")] {
        say(running, "ViewProduct", json!({ "userId": user, "sku": "mug" })).await;
        say(running, "PlaceOrder", two_mugs(order)).await;
    }
    walk(running, SignedDuration::from_mins(12)).await;

    let app = running.apps.app("analytics-on-daily-report-due").unwrap();
    let rows = app.projected_list::<SalesByMinute>(&day_of(noon), &Page::default()).await.unwrap().rows;
    let total = |number: fn(&SalesByMinuteRow) -> i64| rows.iter().map(number).sum::<i64>();
    assert_eq!((total(|row| row.orders as i64), total(|row| row.paid)), (2, total(|row| row.ordered)));
    let product = app.projected_row::<ProductsByDay>(&format!("{}/mug", day_of(noon))).await.unwrap().unwrap();
    assert_eq!((product.views, product.orders, product.pieces), (2, 2, 4));
    let state = app.state::<Analytics>(&day_of(noon).parse::<domain::ids::DayId>().unwrap()).await.unwrap();
    let updated = state.updated_to.expect("the window of the orders is published");
    assert!(updated > noon && updated <= noon + SignedDuration::from_mins(10) && !state.reported);

    walk(running, SignedDuration::from_hours(12) + SignedDuration::from_mins(16)).await;
    let state = app.state::<Analytics>(&day_of(noon).parse::<domain::ids::DayId>().unwrap()).await.unwrap();
    assert_eq!((state.updated_to, state.reported), (Some(updated), true), "nothing was sold afterwards");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_this_process() {
    let running = standing(&[]).await.unwrap();
    sales_are_counted_and_reported(&running).await;
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_processes() {
    let Some(running) = binaries::standing_as_processes().await else { return };
    sales_are_counted_and_reported(&running).await;
    running.cloud.stop().await;
}
