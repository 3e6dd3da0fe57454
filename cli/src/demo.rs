//! The first story: stock arrives, an order is placed, reserved, confirmed, and the buyer is told by mail.
//! All of it through the port, as somebody with an SDK would do it.

use std::fmt;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use anyhow::bail;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::order::OrderStatus;
use domain::order::OrderSummary;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::up::Running;

/// The samples, as they stand in the repository.
const RECEIVE_STOCK: &str = include_str!("../../events/inventory/ReceiveStock.v1.json");
const PLACE_ORDER: &str = include_str!("../../events/order/PlaceOrder.v1.json");

/// The order in the sample; each demo places one of its own.
const SAMPLE_ORDER: &str = "o-1001";

/// Longer than this no order takes that gets anywhere.
const PATIENCE: Duration = Duration::from_secs(60);

/// How it went.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The order.
    pub order: String,
    /// Where it stands in the view.
    pub status: OrderStatus,
    /// To whom the mail went.
    pub mailed_to: String,
    /// How many events were on the bus.
    pub events: usize,
    /// How many times a function did its work.
    pub invokes: usize,
    /// How many of these failed.
    pub failures: usize,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, status, mailed_to, events, invokes, failures, took } = self;
        let took = took.as_millis();
        write!(formatter, "the order {order} is {status:?} and {mailed_to} has the mail: ")?;
        write!(formatter, "{events} events, {invokes} invokes, {failures} failures, {took} ms")
    }
}

/// Plays it, and says each thing that happens.
pub async fn play(running: &Running, say: impl FnMut(&str)) -> anyhow::Result<Summary> {
    match tokio::time::timeout(PATIENCE, watch(running, say)).await {
        Ok(summary) => summary,
        Err(_) => bail!("the order was not confirmed within {} seconds", PATIENCE.as_secs()),
    }
}

async fn watch(running: &Running, mut say: impl FnMut(&str)) -> anyhow::Result<Summary> {
    let begun = Instant::now();
    let mut feed = running.cloud.feed();
    let order = format!("demo-{}", Uuid::new_v4().simple());
    let client = Client::new(running.connected.sdk());
    put(&client, RECEIVE_STOCK).await?;
    put(&client, &PLACE_ORDER.replace(SAMPLE_ORDER, &order)).await?;
    let app = running.connected.app("order-on-order-confirmed").context("nobody here shows confirmed orders")?;
    let (mut events, mut invokes, mut failures) = (0, 0, 0);
    let mut mailed_to = None;
    loop {
        let news = match feed.recv().await {
            Ok(news) => serde_json::from_str::<Value>(&news)?,
            Err(RecvError::Lagged(missed)) => bail!("{missed} things happened too fast to be seen"),
            Err(RecvError::Closed) => bail!("the cloud has stopped"),
        };
        let text = |pointer: &str| news.pointer(pointer).and_then(Value::as_str);
        let milliseconds = begun.elapsed().as_millis();
        match text("/kind") {
            Some("put") => {
                events += 1;
                let (source, name) = (text("/event/source"), text("/event/detail-type").unwrap_or_default());
                say(&format!("{milliseconds:>6} ms  {name} from {}", source.unwrap_or_default()));
                if name == "EmailSent" && text("/event/detail/data/orderId") == Some(&order) {
                    mailed_to = text("/event/detail/data/to").map(str::to_owned);
                }
            }
            Some("invoke") if text("/outcome") == Some("failed") => {
                failures += 1;
                say(&format!("{milliseconds:>6} ms  failed: {}", text("/message").unwrap_or_default()));
            }
            Some("invoke") => invokes += 1,
            _ => {}
        }
        // Both are checked after each step, and the last step of them is one of the steps.
        if let Some(mailed_to) = &mailed_to {
            let row = app.row::<OrderSummary>(&order).await?;
            if let Some(row) = row.filter(|row| row.status == OrderStatus::Confirmed) {
                let (status, mailed_to, took) = (row.status, mailed_to.clone(), begun.elapsed());
                return Ok(Summary { order, status, mailed_to, events, invokes, failures, took });
            }
        }
    }
}

/// Puts the entries of a sample.
async fn put(client: &Client, sample: &str) -> anyhow::Result<()> {
    let entries: Vec<Value> = serde_json::from_str(sample)?;
    let entries = entries.iter().map(|entry| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        PutEventsRequestEntry::builder()
            .set_source(text("Source"))
            .set_detail_type(text("DetailType"))
            .set_detail(text("Detail"))
            .set_event_bus_name(text("EventBusName"))
            .build()
    });
    let answer = client.put_events().set_entries(Some(entries.collect())).send().await?;
    match answer.entries().iter().find_map(|entry| entry.error_message()) {
        Some(message) => bail!("an event was not taken: {message}"),
        None => Ok(()),
    }
}
