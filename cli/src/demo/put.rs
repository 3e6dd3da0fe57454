//! Putting what a story begins with: the samples of the catalogue with other names, as somebody with an SDK would.
//! Every message has an id of its own, so that a second try is the same message.

use std::time::{Duration, Instant};

use anyhow::bail;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use causeway::failure::causes;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::story::{Goods, Wanted};
use crate::samples;

/// The bus takes so many in one call.
const MOST_ENTRIES: usize = 10;

/// Whoever is refused for so long, on purpose or not, gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before the next try.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The message that says that goods have come in.
pub(super) fn receive_stock(id: &str, goods: &Goods) -> anyhow::Result<PutEventsRequestEntry> {
    entry("ReceiveStock", id, |data| {
        data["sku"] = json!(goods.sku);
        data["quantity"] = json!(goods.quantity);
    })
}

/// The message that places an order.
pub(super) fn place_order(id: &str, order: &Wanted) -> anyhow::Result<PutEventsRequestEntry> {
    entry("PlaceOrder", id, |data| {
        let sample = data["lines"][0].clone();
        let line = |goods: &Goods| {
            let mut line = sample.clone();
            line["sku"] = json!(goods.sku);
            line["quantity"] = json!(goods.quantity);
            line
        };
        data["orderId"] = json!(order.id);
        data["contactEmail"] = json!(order.mail_to);
        data["lines"] = order.lines.iter().map(line).collect();
    })
}

/// Puts them all at once, each until it is taken.
pub(super) async fn put(client: &Client, entries: &[PutEventsRequestEntry]) -> anyhow::Result<()> {
    try_join_all(entries.chunks(MOST_ENTRIES).map(|some| put_some(client, some.to_vec()))).await?;
    Ok(())
}

async fn put_some(client: &Client, mut left: Vec<PutEventsRequestEntry>) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let refusal = match client.put_events().set_entries(Some(left.clone())).send().await {
            // It may have been carried out although nobody heard of it; the ids make that the same message.
            Err(error) => causes(&error),
            Ok(answer) => {
                let refused = |place: usize| answer.entries().get(place).is_none_or(|one| one.event_id().is_none());
                let told =
                    answer.entries().iter().find_map(|one| one.error_message()).unwrap_or("no reason").to_owned();
                let places = left.into_iter().enumerate();
                left = places.filter(|(place, _)| refused(*place)).map(|(_, entry)| entry).collect();
                if left.is_empty() {
                    return Ok(());
                }
                told
            }
        };
        if begun.elapsed() > PATIENCE {
            bail!("the bus did not take a message for {} seconds: {refusal}", PATIENCE.as_secs());
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// The sample of this name with another body.
fn entry(name: &str, id: &str, change: impl FnOnce(&mut Value)) -> anyhow::Result<PutEventsRequestEntry> {
    samples::entry(name, |detail| {
        detail["eventId"] = json!(id);
        change(&mut detail["data"]);
    })
}
