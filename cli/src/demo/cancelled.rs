//! Story 3: the second line is out of stock, so the first one is released and the order is cancelled.

use domain::{ids::Sku, order::OrderStatus};

use super::{
    finding::Finding,
    reader::Reader,
    story::{Ending, Goods, Story, Wanted},
};

const DELIVERED: u32 = 5;

/// The story in this run.
pub(super) fn story(run: &str) -> Story {
    let tag = format!("demo-3-{run}");
    let [cup, saucer] = ["cup", "saucer"].map(|name| format!("{name}-{run}"));
    let line = |sku: &String| Goods { sku: sku.clone(), quantity: 1 };
    let lines = vec![line(&cup), line(&saucer)];
    Story {
        number: 3,
        title: "the second line is out of stock",
        tells: vec![
            format!("{DELIVERED} cups come in, but no saucers. Ada orders a cup and a saucer: the cup is given back,"),
            "the order is cancelled with the reason, and the stock is whole again.".to_owned(),
        ],
        ending: Ending::Cancelled { reason: format!("{saucer}: 1 wanted, 0 available") },
        stock: vec![Goods { sku: cup, quantity: DELIVERED }],
        orders: vec![Wanted { id: tag.clone(), mail_to: "ada@example.com".to_owned(), lines }],
        tag,
    }
}

/// What must be read at its end.
pub(super) async fn read(story: &Story, reason: &str, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for order in &story.orders {
        let stands = reader.order(&order.id).await?;
        findings.push(Finding::of_order(&order.id, &stands, OrderStatus::Cancelled, Some(reason)));
    }
    for Goods { sku, quantity } in &story.stock {
        let row = reader.stock(sku).await?;
        let shelf = reader.shelf(&sku.parse::<Sku>()?).await?;
        let whole = u64::from(*quantity);
        let holds = (row.received, row.available, row.reserved, row.shipped) == (whole, whole, 0, 0)
            && (shelf.available, shelf.reserved()) == (whole, 0);
        let (available, reserved) = (row.available, row.reserved);
        let is = format!("{sku}: {available} available, {reserved} held");
        findings.push(Finding::new(holds, is, &format!("all {whole} available, 0 held")));
    }
    for order in &story.orders {
        findings.push(Finding::of_mail(&order.id, &reader.mail(&order.id, "cancelled").await?, "cancelled"));
    }
    Ok(findings)
}
