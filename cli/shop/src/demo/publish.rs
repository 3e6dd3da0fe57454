//! Publishes the messages of a scenario with the SDK: first its stock, and its orders as soon as the stock view shows
//! the stock. Every message has an id of its own, so that a retry publishes the same message.

use std::time::{Duration, Instant};

use anyhow::bail;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use causeway::failure::causes;
use futures::future::try_join_all;
use serde_json::json;

use super::{reader::Reader, scenarios::Scenario};
use crate::messages::{cancel_order, confirm_delivery, place_order, receive_stock};

/// The pause between two reads of the stock view.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The maximum number of entries of a `PutEvents`.
const MAX_ENTRIES: usize = 10;

/// An entry that the bus rejects for so long, by fault injection or not, is an error.
const TIMEOUT: Duration = Duration::from_secs(30);

const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Publishes all messages. There is no limit to how long this waits for the stock.
pub(super) async fn publish(scenario: &Scenario, client: &Client, reader: Reader<'_>) -> anyhow::Result<()> {
    let tag = &scenario.tag;
    let mut expected = Vec::new();
    for goods in &scenario.stock {
        expected.push((goods.sku.as_str(), received(&goods.sku, &reader).await + u64::from(goods.quantity)));
    }
    let stock = (1..).zip(&scenario.stock);
    let stock = stock.map(|(number, goods)| receive_stock(Some(format!("{tag}-stock-{number}")), goods));
    put(client, &stock.collect::<Result<Vec<_>, _>>()?).await?;
    for (sku, expected) in expected {
        while received(sku, &reader).await < expected {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
    let orders = (1..).zip(&scenario.orders).map(|(number, order)| {
        let event_id = Some(format!("{tag}-order-{number}"));
        place_order(event_id, &order.id, &order.lines, |data| {
            data["contactEmail"] = json!(order.contact_email);
            if let Some(token) = order.payment_token {
                data["paymentToken"] = json!(token);
            }
        })
    });
    put(client, &orders.collect::<Result<Vec<_>, _>>()?).await
}

/// The carrier confirms that it has brought the parcel of this order.
pub(super) async fn deliver(order: &str, client: &Client) -> anyhow::Result<()> {
    put(client, &[confirm_delivery(Some(format!("{order}-delivered")), order)?]).await
}

/// The buyer cancels this order.
pub(super) async fn cancel(order: &str, reason: &str, client: &Client) -> anyhow::Result<()> {
    put(client, &[cancel_order(Some(format!("{order}-cancelled")), order, reason)?]).await
}

/// The units that ever came in. A failed read is retried.
async fn received(sku: &str, reader: &Reader<'_>) -> u64 {
    loop {
        match reader.stock(sku).await {
            Ok(row) => return row.received,
            Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
}

async fn put(client: &Client, entries: &[PutEventsRequestEntry]) -> anyhow::Result<()> {
    try_join_all(entries.chunks(MAX_ENTRIES).map(|chunk| put_chunk(client, chunk.to_vec()))).await?;
    Ok(())
}

async fn put_chunk(client: &Client, mut left: Vec<PutEventsRequestEntry>) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let error = match client.put_events().set_entries(Some(left.clone())).send().await {
            // The bus may have accepted the entries all the same; by their ids a retry is the same message.
            Err(error) => causes(&error),
            Ok(response) => {
                let results = response.entries();
                let is_rejected = |index: usize| results.get(index).is_none_or(|result| result.event_id().is_none());
                let message =
                    results.iter().find_map(|result| result.error_message()).unwrap_or("no reason").to_owned();
                let entries = left.into_iter().enumerate();
                left = entries.filter(|(index, _)| is_rejected(*index)).map(|(_, entry)| entry).collect();
                if left.is_empty() {
                    return Ok(());
                }
                message
            }
        };
        if started.elapsed() > TIMEOUT {
            bail!("the bus rejected a message for {} seconds: {error}", TIMEOUT.as_secs());
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}
