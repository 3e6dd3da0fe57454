//! The whole of Causeway on this machine, with its clock in the hand of the test.

mod analytics;
mod binaries;
mod devices;
mod forged;
mod fraud;
mod payments;
mod three_days;
mod transfers;

use std::{path::Path, time::Duration};

use causeway_cli::up::Running;
use causeway_local::time_driver::TimeAdvance;
use causeway_shop_cli::{
    command::{Causeway, Command},
    start,
};
use clap::Parser as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use xtask::repo;

/// Longer than any function may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cloud in memory whose clock stands, with these arguments beyond.
async fn standing(more: &[&str]) -> anyhow::Result<Running> {
    standing_on(&repo::root().join("infra/template.yaml"), more).await
}

/// The same on another template.
async fn standing_on(template: &Path, more: &[&str]) -> anyhow::Result<Running> {
    let template = template.display().to_string();
    let usual = ["causeway", "up", "--port", "0", "--memory", "--paused", "--template", &template];
    let Command::Up(wanted) = Causeway::try_parse_from(usual.iter().chain(more))?.command else {
        anyhow::bail!("up is no command any more");
    };
    start(&wanted.up).await
}

fn now(running: &Running) -> Timestamp {
    running.cloud.services().functions.clock().now()
}

/// Walks the clock on, and on the way everything comes to its end.
async fn walk(running: &Running, duration: SignedDuration) -> TimeAdvance {
    let walked = running.cloud.time_driver().advance(now(running) + duration, PATIENCE).await;
    assert!(walked.settled, "{walked:?}");
    walked
}

/// Says this on the bus.
async fn say(running: &Running, name: &str, data: Value) {
    let detail = json!({ "data": data }).to_string();
    let entry = json!({ "EventBusName": "causeway", "Source": "shop.web", "DetailType": name, "Detail": detail });
    ask(running, "PutEvents", json!({ "Entries": [entry] })).await;
}

/// Asks the bus.
async fn ask(running: &Running, operation: &str, body: Value) -> Value {
    let answer = running.cloud.services().events.handle(operation, body).await.unwrap();
    assert!(answer.get("FailedEntryCount").is_none_or(|failed| failed == 0), "{answer}");
    answer
}

/// An order of two mugs.
fn two_mugs(order: &str) -> Value {
    let price = json!({ "amount": 1499, "currency": "EUR" });
    json!({
        "orderId": order,
        "userId": "u-1",
        "contactEmail": "ada@example.com",
        "lines": [{ "sku": "mug", "quantity": 2, "unitPrice": price }],
    })
}
