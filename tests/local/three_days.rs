//! Three days of the shop, in as long as it takes to do what happens in them: a deadline that passes, and a report
//! every morning.

use causeway::{App, saga::process::Status};
use domain::{
    fulfilment::ProcessBoard,
    order::{OrderDetails, OrderDetailsRow, OrderStatus},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::{ask, now, say, standing, two_mugs, walk};

const QUARTER: SignedDuration = SignedDuration::from_mins(15);

#[tokio::test(flavor = "multi_thread")]
async fn in_three_days_one_order_is_confirmed_one_misses_its_deadline_and_three_reports_are_made() {
    let running = standing(&[]).await.unwrap();
    let (start, mut feed) = (now(&running), running.cloud.feed());
    say(&running, "ReceiveStock", json!({ "sku": "mug", "quantity": 10 })).await;
    walk(&running, SignedDuration::ZERO).await;
    say(&running, "PlaceOrder", two_mugs("in-time")).await;
    walk(&running, SignedDuration::from_mins(1)).await;

    // From now on nobody hears that stock shall be reserved.
    let functions = running.cloud.services().functions.all();
    let reserving = functions.iter().find(|one| one.binary.as_deref() == Some("inventory-on-reserve-stock")).unwrap();
    let rules = json!({ "EventBusName": "causeway", "TargetArn": reserving.arn });
    let rules = ask(&running, "ListRuleNamesByTarget", rules).await;
    ask(&running, "DisableRule", json!({ "EventBusName": "causeway", "Name": rules["RuleNames"][0] })).await;
    say(&running, "PlaceOrder", two_mugs("too-late")).await;
    walk(&running, QUARTER - SignedDuration::from_secs(1)).await;
    let app = running.apps.app("order-on-order-confirmed").unwrap();
    assert_eq!(order(app, "in-time").await.status, OrderStatus::Shipped);
    assert_eq!(order(app, "too-late").await.status, OrderStatus::Placed);

    let end = start + SignedDuration::from_hours(72);
    walk(&running, end.duration_since(now(&running))).await;
    assert_eq!(now(&running), end);
    let late = order(app, "too-late").await;
    assert_eq!(late.status, OrderStatus::Cancelled);
    let [placed, cancelled] = late.history.as_slice() else { panic!("{late:?}") };
    assert_eq!(placed.at, start + SignedDuration::from_mins(1));
    // A schedule knows whole seconds, and it is walked to exactly there.
    let after = cancelled.at.duration_since(placed.at);
    assert!(after >= QUARTER && after <= QUARTER + SignedDuration::from_secs(1), "cancelled after {after}");
    assert_eq!(status(app, "in-time").await, Status::Running, "the carrier has fourteen days");
    assert_eq!(status(app, "too-late").await, Status::Compensated);
    assert_eq!(days_reported(&mut feed), mornings(start));
    running.cloud.stop().await;
}

async fn order(app: &App, id: &str) -> OrderDetailsRow {
    app.row::<OrderDetails>(id).await.unwrap().unwrap()
}

async fn status(app: &App, order: &str) -> Status {
    app.row::<ProcessBoard>(order).await.unwrap().unwrap().status
}

/// The days whose reports were published on the bus.
fn days_reported(feed: &mut Receiver<String>) -> Vec<String> {
    let mut days = Vec::new();
    loop {
        match feed.try_recv() {
            Ok(news) => {
                let news: Value = serde_json::from_str(&news).unwrap();
                if news["event"]["detail-type"] == "StockReportProduced" {
                    days.push(news["event"]["detail"]["data"]["day"].as_str().unwrap().to_owned());
                }
            }
            Err(TryRecvError::Lagged(missed)) => panic!("{missed} things happened too fast to be seen"),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return days,
        }
    }
}

/// The days of the three mornings, at six, that follow.
fn mornings(start: Timestamp) -> Vec<String> {
    let day = |number: i64| start + SignedDuration::from_hours(18 + 24 * number);
    (0..3).map(|number| day(number).strftime("%Y-%m-%d").to_string()).collect()
}
