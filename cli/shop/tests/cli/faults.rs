//! The whole of Causeway while everything goes wrong at once: what was ordered is still shipped, once, and the stock
//! adds up.

use std::{collections::BTreeMap, fmt::Debug, future::Future, time::Duration};

use aws_sdk_eventbridge::Client;
use causeway::{App, StreamId};
use causeway_cli::{samples, up::Running};
use causeway_shop_cli::start;
use domain::{
    ids::Sku,
    inventory::{Inventory, Stock, StockRow},
    order::{OrderStatus, OrderSummary},
};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use crate::stage::up;

const FAULTS: &str = "duplicate=0.2,delay=0.2,reorder=0.1,drop=0.2,throttle=0.05,error=0.05,lost-answer=0.05,\
                      partial=0.1,kill=0.05";

/// With this one every kind of fault happens.
const SEED: u64 = 12;

/// The units in the sample of ReceiveStock, and those in the order of PlaceOrder.
const DELIVERED: u64 = 40;
const OF_ONE_ORDER: u32 = 2;

/// Far longer than it takes: an end for a run that gets nowhere.
const PATIENCE: Duration = Duration::from_secs(150);

/// Publishes the sample of this name with another detail, until the bus accepts it. A lost response leads to a duplicate.
async fn put(client: &Client, name: &str, change: impl FnOnce(&mut Value)) {
    let entry = samples::entry(name, change).expect("a sample");
    while client.put_events().entries(entry.clone()).send().await.map_or(1, |put| put.failed_entry_count()) > 0 {}
}

/// Retries until it succeeds.
async fn retried<T, E: Debug, F: Future<Output = Result<T, E>>>(call: impl Fn() -> F) -> T {
    loop {
        if let Ok(value) = call().await {
            return value;
        }
    }
}

async fn status(app: &App, order: &str) -> Option<OrderStatus> {
    retried(|| app.row::<OrderSummary>(order)).await.map(|row| row.status)
}

/// Waits for all orders; the faults that happened meanwhile, by their kinds.
async fn confirmed(running: &Running, orders: &[String]) -> BTreeMap<String, usize> {
    let mut feed = running.cloud.feed();
    let client = Client::new(running.apps.sdk());
    put(&client, "ReceiveStock", |_| ()).await;
    for order in orders {
        put(&client, "PlaceOrder", |detail| detail["data"]["orderId"] = order.as_str().into()).await;
    }
    let app = running.apps.app("order-on-order-confirmed").expect("the template has it");
    let mut faults = BTreeMap::new();
    let mut left: Vec<&String> = orders.iter().collect();
    while let Some(order) = left.last() {
        let news: Value = match feed.recv().await {
            Ok(news) => serde_json::from_str(&news).expect("news are JSON"),
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => panic!("the cloud has stopped"),
        };
        note(&news, &mut faults);
        let moves = news["kind"] == "invoke" || news["kind"] == "mapping";
        if moves && status(app, order).await == Some(OrderStatus::Shipped) {
            left.pop();
        }
    }
    while let Ok(news) = feed.try_recv() {
        note(&serde_json::from_str(&news).expect("news are JSON"), &mut faults);
    }
    faults
}

fn note(news: &Value, faults: &mut BTreeMap<String, usize>) {
    if news["kind"] == "fault" {
        assert!(news["subject"].as_str().is_some_and(|subject| subject.contains(' ')), "{news}");
        *faults.entry(news["fault"].as_str().unwrap_or_default().to_owned()).or_insert(0) += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_everything_goes_wrong_orders_are_confirmed_once_and_the_stock_adds_up() {
    let running = start(&up(&["--memory", "--speed", "20", "--fault", FAULTS, "--seed", &SEED.to_string()]))
        .await
        .expect("the cloud starts");
    assert_eq!(running.seed, Some(SEED));
    let orders: Vec<String> = (1..=6).map(|number| format!("o-faulty-{number}")).collect();
    let app = running.apps.app("order-on-order-confirmed").expect("the template has it");
    let faults = match tokio::time::timeout(PATIENCE, confirmed(&running, &orders)).await {
        Ok(faults) => faults,
        Err(_) => {
            let mut statuses = Vec::new();
            for order in &orders {
                statuses.push(status(app, order).await);
            }
            panic!("not all are shipped: {statuses:?}");
        }
    };
    let wanted_kinds = FAULTS.split(',').filter_map(|fault| fault.split('=').next());
    let missing: Vec<&str> = wanted_kinds.filter(|kind| !faults.contains_key(*kind)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "{faults:?}");
    for order in &orders {
        assert_eq!(count(app, &format!("order/{order}"), "OrderConfirmed").await, 1, "{order}");
        assert_eq!(count(app, &format!("payment/{order}"), "PaymentProcessed").await, 1, "{order}");
        assert_eq!(count(app, &format!("shipment/{order}"), "ShipmentDispatched").await, 1, "{order}");
    }
    let sku: Sku = "mug".parse().expect("a sku");
    let all = u64::from(OF_ONE_ORDER) * orders.len() as u64;
    let shipped = tokio::time::timeout(PATIENCE, async {
        loop {
            let stock = retried(|| app.state::<Inventory>(&sku)).await;
            if stock.shipped == all {
                return stock;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let shelf = shipped.await.expect("all that was ordered leaves the house");
    assert_eq!(shelf.reserved(), 0);
    let received = DELIVERED * count(app, "inventory/mug", "StockReceived").await;
    assert_eq!(shelf.available + shelf.reserved() + shelf.shipped, received);
    let expected =
        StockRow { sku, received, available: shelf.available, reserved: shelf.reserved(), shipped: shelf.shipped };
    let shown = tokio::time::timeout(PATIENCE, async {
        while retried(|| app.row::<Stock>("mug")).await.as_ref() != Some(&expected) {
            tokio::task::yield_now().await;
        }
    });
    assert!(shown.await.is_ok(), "the view never shows {expected:?}");
    running.cloud.stop().await;
}

/// The number of events with this name in the stream.
async fn count(app: &App, stream: &str, name: &str) -> u64 {
    let stream = StreamId::parse(stream).expect("a stream");
    let commits = retried(|| app.store().since(&stream, 1)).await;
    let events = commits.iter().flat_map(|commit| &commit.events).filter(|event| event.name == name);
    events.map(|_| 1).sum()
}
