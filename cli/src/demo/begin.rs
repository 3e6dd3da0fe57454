//! How a story begins: its stock comes in, and when everybody can see that, its orders are placed.

use std::time::Duration;

use aws_sdk_eventbridge::Client;

use super::{
    put::{place_order, put, receive_stock},
    reader::Reader,
    story::Story,
};

/// How often it is looked whether the stock is there.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Puts it all. This waits for the stock without end.
pub(super) async fn begin(story: &Story, client: &Client, reader: Reader<'_>) -> anyhow::Result<()> {
    let mut expected = Vec::new();
    for goods in &story.stock {
        expected.push((goods.sku.as_str(), received(&goods.sku, &reader).await + u64::from(goods.quantity)));
    }
    let deliveries = (1..).zip(&story.stock);
    let deliveries = deliveries.map(|(number, goods)| receive_stock(&format!("{}-stock-{number}", story.tag), goods));
    put(client, &deliveries.collect::<Result<Vec<_>, _>>()?).await?;
    for (sku, expected) in expected {
        while received(sku, &reader).await < expected {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
    let orders = (1..).zip(&story.orders);
    let orders = orders.map(|(number, order)| place_order(&format!("{}-order-{number}", story.tag), order));
    put(client, &orders.collect::<Result<Vec<_>, _>>()?).await
}

/// How many ever came in. Whoever is refused on purpose asks again.
async fn received(sku: &str, reader: &Reader<'_>) -> u64 {
    loop {
        match reader.stock(sku).await {
            Ok(row) => return row.received,
            Err(_) => tokio::time::sleep(BETWEEN_LOOKS).await,
        }
    }
}
