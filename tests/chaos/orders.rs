//! The orders of a seed, and the stock for them. An order whose put was not acknowledged is put again under the same id,
//! and some are put twice, as by impatient buyers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use anyhow::bail;
use causeway::{
    View,
    delivery::bus::PublishOutcome,
    testing::sim::Rng,
    view::view_store::{Page, ViewStore as _},
};
use causeway_aws::eventbridge::BusEntry;
use domain::order::{OrderDetails, OrderStatus};
use serde_json::{Value, json};

use super::{client::Client, counters::Counters};
use crate::invariants::Lines;

/// The most orders that are in progress at once.
const MAX_IN_PROGRESS: usize = 40;

/// One in this many orders is put twice, and one in this many has a line of which there is not enough for all.
const EVERY_REPEATED: usize = 20;
const EVERY_RARE: usize = 25;

/// The number of orders per sku.
const ORDERS_PER_SKU: usize = 50;

const RARE: &str = "rare";
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The orders, and the stock for them.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The lines of each order.
    pub lines: BTreeMap<String, Lines>,
    /// The stock that comes in.
    pub stock: Lines,
}

impl Orders {
    /// The orders of a seed.
    pub fn of_seed(seed: u64, orders: usize) -> Self {
        let rng = Rng::seeded(seed);
        let skus = orders.div_ceil(ORDERS_PER_SKU);
        let mut by_order = BTreeMap::new();
        let mut stock = BTreeMap::new();
        for number in 0..orders {
            let mut lines = Lines::new();
            for _ in 0..=rng.index(2) {
                lines.insert(format!("sku-{}", rng.index(skus)), 1 + quantity(rng.index(3)));
            }
            for (sku, quantity) in &lines {
                *stock.entry(sku.clone()).or_default() += quantity;
            }
            if number % EVERY_RARE == EVERY_RARE - 1 {
                lines.insert(RARE.to_owned(), 1);
            }
            by_order.insert(format!("o-{number:05}"), lines);
        }
        // Enough for every other one of these orders.
        stock.insert(RARE.to_owned(), quantity(orders / EVERY_RARE / 2).max(1));
        Self { lines: by_order, stock }
    }
}

fn quantity(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The address of the buyer, one per order.
pub(super) fn address_of(order: &str) -> String {
    format!("{order}@example.com")
}

/// Puts all orders, never too many at once.
pub(super) async fn put_all(client: Client, orders: Orders, counters: Arc<Counters>) -> anyhow::Result<()> {
    for (sku, quantity) in &orders.stock {
        let entry = entry("ReceiveStock", &format!("receive-{sku}"), &receive(sku, *quantity))?;
        put(&client, &entry, &counters).await?;
    }
    // An order that comes before its stock is cancelled, which is right but tests little.
    while !client.is_idle().await? {
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
    for (number, (order, lines)) in orders.lines.iter().enumerate() {
        while number >= counters.ended() + MAX_IN_PROGRESS {
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        let entry = entry("PlaceOrder", &format!("place-{order}"), &place(order, lines))?;
        put(&client, &entry, &counters).await?;
        counters.one_put();
        if number % EVERY_REPEATED == EVERY_REPEATED - 1 {
            put(&client, &entry, &counters).await?;
            counters.one_repeated();
        }
    }
    Ok(())
}

/// The carrier: brings the parcel of each order that is shipped, until the run is over.
pub(super) async fn deliver_all(client: Client, counters: Arc<Counters>) {
    let mut delivered = BTreeSet::new();
    let shipped = OrderDetails::list_of(OrderStatus::Shipped);
    let page = Page { limit: 100, ..Page::default() };
    loop {
        // While the cloud starts again it does not answer.
        if let Ok(listed) = client.views.list(OrderDetails::NAME, &shipped, &page).await {
            for (order, _) in listed.rows {
                let entry = entry("ConfirmDelivery", &format!("deliver-{order}"), &json!({ "orderId": order }));
                if let Ok(entry) = entry
                    && delivered.insert(order)
                {
                    put(&client, &entry, &counters).await.ok();
                }
            }
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// The data of a `ReceiveStock`.
pub fn receive(sku: &str, quantity: i64) -> Value {
    json!({ "sku": sku, "quantity": quantity })
}

/// The data of a `PlaceOrder`.
pub fn place(order: &str, lines: &Lines) -> Value {
    let price = json!({ "amount": 1499, "currency": "EUR" });
    let line = |(sku, quantity): (&String, &i64)| json!({ "sku": sku, "quantity": quantity, "unitPrice": price });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    json!({ "orderId": order, "userId": "u-1", "contactEmail": address_of(order), "lines": lines })
}

fn entry(command: &str, id: &str, data: &Value) -> anyhow::Result<BusEntry> {
    Ok(BusEntry {
        source: "chaos".to_owned(),
        detail_type: command.to_owned(),
        resources: Vec::new(),
        time: jiff::Timestamp::now(),
        detail: serde_json::to_string(&json!({ "eventId": id, "data": data }))?,
    })
}

async fn put(client: &Client, entry: &BusEntry, counters: &Counters) -> anyhow::Result<()> {
    loop {
        match client.bus.put(std::slice::from_ref(entry)).await.into_iter().next() {
            Some(PublishOutcome::Accepted) => return Ok(()),
            Some(PublishOutcome::Permanent { code, reason }) => bail!("an order was rejected: {code}: {reason}"),
            Some(PublishOutcome::Transient(_)) | None => counters.one_unanswered(),
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}
