//! Story 7: fifty buyers want the last piece at the same time, and exactly one of them gets it.

use domain::{ids::Sku, order::OrderStatus};

use super::{
    finding::Finding,
    reader::{MailStands, Reader},
    story::{Ending, Goods, Story, Wanted},
};

const BUYERS: usize = 50;

/// The story in this run.
pub(super) fn story(run: &str) -> Story {
    let tag = format!("demo-7-{run}");
    let lamp = Goods { sku: format!("lamp-{run}"), quantity: 1 };
    let order = |buyer: usize| Wanted {
        id: format!("{tag}-{buyer}"),
        mail_to: format!("buyer-{buyer}@example.com"),
        lines: vec![lamp.clone()],
    };
    Story {
        number: 7,
        title: "fifty buyers, one lamp",
        tells: vec![
            format!(
                "One lamp comes in, and {BUYERS} buyers order it at once. Exactly one order is confirmed, the others"
            ),
            "are cancelled with the reason, and the stock never falls below 0.".to_owned(),
        ],
        orders: (1..=BUYERS).map(order).collect(),
        ending: Ending::OneOfMany { reason: format!("{}: 1 wanted, 0 available", lamp.sku) },
        stock: vec![lamp],
        tag,
    }
}

/// What must be read at its end.
pub(super) async fn read(story: &Story, reason: &str, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
    let (mut confirmed, mut cancelled, mut others) = (Vec::new(), 0, Vec::new());
    let (mut mails, mut given_up, mut wrong) = (0, 0, Vec::new());
    for order in &story.orders {
        let stands = reader.order(&order.id).await?;
        let about = if stands.is(OrderStatus::Confirmed) { "confirmed" } else { "cancelled" };
        match (stands.is_over(), about) {
            (true, "confirmed") => confirmed.push(order.id.as_str()),
            (true, _) if stands.reason.as_deref() == Some(reason) => cancelled += 1,
            _ => others.push(Finding::of_order(&order.id, &stands, OrderStatus::Cancelled, Some(reason)).found),
        }
        match reader.mail(&order.id, about).await? {
            MailStands::Sent { .. } => mails += 1,
            MailStands::GivenUp => given_up += 1,
            MailStands::Missing | MailStands::Several { .. } => wrong.push(order.mail_to.as_str()),
        }
    }
    let losers = story.orders.len() - 1;
    let is = format!("{} of {} orders is confirmed: {}", confirmed.len(), story.orders.len(), confirmed.join(", "));
    let mut findings = vec![Finding::new(confirmed.len() == 1, is, "exactly one")];
    let is = format!("{cancelled} are cancelled with the reason {reason:?}");
    let should = format!("{losers}. {}", others.join("; "));
    findings.push(Finding::new(cancelled == losers && others.is_empty(), is, &should));
    for Goods { sku, .. } in &story.stock {
        findings.push(of_shelf(sku, confirmed.first().copied(), reader).await?);
    }
    let lost = if given_up == 0 { String::new() } else { format!(", {given_up} given up after a lost answer") };
    let is = format!("{mails} buyers have one mail each{lost}");
    findings.push(Finding::new(wrong.is_empty(), is, &format!("one each, but not so: {}", wrong.join(", "))));
    Ok(findings)
}

async fn of_shelf(sku: &str, winner: Option<&str>, reader: &mut Reader<'_>) -> anyhow::Result<Finding> {
    let row = reader.stock(sku).await?;
    let shelf = reader.shelf(&sku.parse::<Sku>()?).await?;
    let lowest = reader.lowest(sku).await?;
    let holders: Vec<&str> = shelf.open.keys().map(|order| order.as_str()).collect();
    let holds = (row.received, row.available, row.reserved, row.shipped) == (1, 0, 1, 0)
        && shelf.available == 0
        && lowest == 0
        && winner.is_some_and(|winner| holders == [winner]);
    let (available, reserved) = (row.available, row.reserved);
    let is = format!("{sku}: {available} available, {reserved} held, and never fewer than {lowest} available");
    Ok(Finding::new(holds, is, "0 available, 1 held for the confirmed order, never fewer than 0"))
}
