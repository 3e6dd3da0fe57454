//! The orders by seed, and the shelves they are taken from. An order whose put nobody acknowledged is put again under
//! the same id, and some are put twice as impatient buyers do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::bail;
use causeway::delivery::bus::PublishOutcome;
use causeway_aws::eventbridge::BusEntry;
use serde_json::{Value, json};

use super::{client::Client, count::Count, rng::Rng};

/// So many orders are under way at once.
const AT_ONCE: usize = 40;

/// Every so many-th is put twice, and every so many-th wants something of which there is not enough for all.
const EVERY_REPEATED: usize = 20;
const EVERY_RARE: usize = 25;

/// One shelf for so many orders.
const ORDERS_OF_A_SHELF: usize = 50;

const RARE: &str = "rare";
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// What is ordered, and what there is.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    /// The lines by order: what, and how many.
    pub(super) lines: BTreeMap<String, BTreeMap<String, u32>>,
    /// What comes in.
    pub(super) stock: BTreeMap<String, u32>,
}

impl Orders {
    pub(super) fn by(seed: u64, orders: usize) -> Self {
        let mut chance = Rng::of(seed, 1);
        let shelves = orders.div_ceil(ORDERS_OF_A_SHELF);
        let mut wanted = BTreeMap::new();
        let mut stock = BTreeMap::new();
        for number in 0..orders {
            let mut lines = BTreeMap::new();
            for _ in 0..=chance.below(2) {
                lines.insert(format!("sku-{}", chance.below(shelves)), 1 + quantity(chance.below(3)));
            }
            for (sku, quantity) in &lines {
                *stock.entry(sku.clone()).or_default() += quantity;
            }
            if number % EVERY_RARE == EVERY_RARE - 1 {
                lines.insert(RARE.to_owned(), 1);
            }
            wanted.insert(format!("o-{number:05}"), lines);
        }
        // Enough for every other one who wants it.
        stock.insert(RARE.to_owned(), quantity(orders / EVERY_RARE / 2).max(1));
        Self { lines: wanted, stock }
    }
}

fn quantity(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The address of the buyer; each order has its own.
pub(super) fn address_of(order: &str) -> String {
    format!("{order}@example.com")
}

/// Puts all of them, never too many at once.
pub(super) async fn put_all(client: Client, orders: Orders, count: Arc<Count>) -> anyhow::Result<()> {
    for (sku, quantity) in &orders.stock {
        let entry = entry("ReceiveStock", &format!("receive-{sku}"), &receive(sku, *quantity))?;
        put(&client, &entry, &count).await?;
    }
    // An order that is faster than its stock is cancelled, and that is right; here it would only be calm.
    while !client.is_at_rest().await? {
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    for (number, (order, lines)) in orders.lines.iter().enumerate() {
        while number >= count.ended() + AT_ONCE {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        let entry = entry("PlaceOrder", &format!("place-{order}"), &place(order, lines))?;
        put(&client, &entry, &count).await?;
        count.one_put();
        if number % EVERY_REPEATED == EVERY_REPEATED - 1 {
            put(&client, &entry, &count).await?;
            count.one_repeated();
        }
    }
    Ok(())
}

/// The body of a `ReceiveStock`.
pub(super) fn receive(sku: &str, quantity: u32) -> Value {
    json!({ "sku": sku, "quantity": quantity })
}

/// The body of a `PlaceOrder`.
pub(super) fn place(order: &str, lines: &BTreeMap<String, u32>) -> Value {
    let price = json!({ "amount": 1499, "currency": "EUR" });
    let line = |(sku, quantity): (&String, &u32)| json!({ "sku": sku, "quantity": quantity, "unitPrice": price });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    json!({ "orderId": order, "userId": "u-1", "contactEmail": address_of(order), "lines": lines })
}

fn entry(command: &str, id: &str, data: &Value) -> anyhow::Result<BusEntry> {
    Ok(BusEntry {
        source: "storm".to_owned(),
        detail_type: command.to_owned(),
        resources: Vec::new(),
        time: jiff::Timestamp::now(),
        detail: serde_json::to_string(&json!({ "eventId": id, "data": data }))?,
    })
}

async fn put(client: &Client, entry: &BusEntry, count: &Count) -> anyhow::Result<()> {
    loop {
        match client.bus.put(std::slice::from_ref(entry)).await.into_iter().next() {
            Some(PublishOutcome::Accepted) => return Ok(()),
            Some(PublishOutcome::Permanent { code, reason }) => bail!("an order was refused: {code}: {reason}"),
            Some(PublishOutcome::Transient(_)) | None => count.one_unanswered(),
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}
