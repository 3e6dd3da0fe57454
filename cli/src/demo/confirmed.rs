//! Story 1: the stock is there, so the order is confirmed and its buyer is told. Its messages are the samples.

use domain::{
    ids::{OrderId, Sku},
    order::OrderStatus,
};

use super::{
    finding::Finding,
    reader::Reader,
    story::{Ending, Goods, Story, Wanted},
};

/// The thing in the samples. Everybody who tries them shares its shelf.
const MUG: &str = "mug";

const DELIVERED: u32 = 40;
const BOUGHT: u32 = 2;

/// The story in this run.
pub(super) fn story(run: &str) -> Story {
    let tag = format!("demo-1-{run}");
    let lines = vec![Goods { sku: MUG.to_owned(), quantity: BOUGHT }];
    Story {
        number: 1,
        title: "an order is confirmed",
        tells: vec![
            format!(
                "{DELIVERED} mugs come in, and Ada orders {BOUGHT}. They are held for her, the order is confirmed,"
            ),
            "and she gets a mail.".to_owned(),
        ],
        stock: vec![Goods { sku: MUG.to_owned(), quantity: DELIVERED }],
        orders: vec![Wanted { id: tag.clone(), mail_to: "ada@example.com".to_owned(), lines }],
        ending: Ending::Confirmed,
        tag,
    }
}

/// What must be read at its end.
pub(super) async fn read(story: &Story, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for order in &story.orders {
        let stands = reader.order(&order.id).await?;
        findings.push(Finding::of_order(&order.id, &stands, OrderStatus::Confirmed, None));
        findings.push(of_shelf(&order.id.parse()?, reader).await?);
        findings.push(Finding::of_mail(&order.id, &reader.mail(&order.id, "confirmed").await?, "confirmed"));
    }
    Ok(findings)
}

/// Others may have orders on this shelf, so it is the order's own hold that counts, and that the view adds up.
async fn of_shelf(order: &OrderId, reader: &mut Reader<'_>) -> anyhow::Result<Finding> {
    let sku: Sku = MUG.parse()?;
    let shelf = reader.shelf(&sku).await?;
    let row = reader.stock(MUG).await?;
    let held = shelf.open.get(order).map_or(0, |held| held.get());
    let adds_up = row.received == row.available + row.reserved + row.shipped
        && (row.available, row.reserved, row.shipped) == (shelf.available, shelf.reserved(), shelf.shipped);
    let is = format!("{held} mugs are held for it; {} of {} are available", row.available, row.received);
    let should = format!("{BOUGHT} held, and a view that agrees with the log");
    Ok(Finding::new(held == BOUGHT && adds_up, is, &should))
}
