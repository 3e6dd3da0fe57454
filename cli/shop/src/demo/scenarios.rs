//! The scenarios: the stock that comes in, the orders that are placed, and the checks when all orders have ended.

use domain::{
    ids::{OrderId, Sku},
    inventory::ReservationEnd,
    order::OrderStatus,
};

use super::reader::{Finding, MailStatus, Reader};
use crate::messages::Goods;

/// The product of the samples. Other orders may reserve it, too.
const MUG: &str = "mug";

/// The quantities of the first scenario.
const MUGS_RECEIVED: u32 = 40;
const MUGS_ORDERED: u32 = 2;

const CUPS_RECEIVED: u32 = 5;

const BUYERS: usize = 50;

/// The reason of the buyer who cancels.
const REGRET: &str = "I ordered twice";

/// The card that the simulated payment provider declines, and its reason.
const DECLINED_CARD: &str = "tok_declined";
const DECLINED: &str = "payment declined: insufficient funds";

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    /// The number of the scenario in the documentation of the shop.
    pub(super) number: u8,
    pub(super) title: &'static str,
    /// What will happen, line by line.
    pub(super) description: [String; 2],
    /// The prefix of the ids of its messages. Whatever they cause has such an id as its correlation id.
    pub(super) tag: String,
    /// Received first.
    pub(super) stock: Vec<Goods>,
    /// Placed at once when the stock is in the view.
    pub(super) orders: Vec<NewOrder>,
    expected: Expected,
}

#[derive(Clone, Debug)]
pub(super) struct NewOrder {
    pub(super) id: String,
    pub(super) contact_email: String,
    pub(super) lines: Vec<Goods>,
    /// Another card than that of the samples.
    pub(super) payment_token: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Expected {
    Confirmed,
    /// The order is cancelled for this reason, and its reservations are released.
    Cancelled {
        reason: String,
    },
    /// The buyer cancels as soon as the order is in the views. The same with that reason, or the parcel had left before.
    CancelledByBuyer {
        reason: &'static str,
    },
    /// One order is confirmed, and all others are cancelled for this reason.
    OneConfirmed {
        reason: String,
    },
}

/// All scenarios, in their order.
pub(super) fn all(run: &str) -> [Scenario; 5] {
    [confirmed(run), declined(run), cancelled(run), regretted(run), last_unit(run)]
}

/// An order of Ada.
fn order_of_ada(id: &str, lines: Vec<Goods>) -> NewOrder {
    NewOrder { id: id.to_owned(), contact_email: "ada@example.com".to_owned(), lines, payment_token: None }
}

/// Scenario 1: the stock is there, so the order is paid, confirmed, shipped and delivered.
pub(super) fn confirmed(run: &str) -> Scenario {
    let tag = format!("demo-1-{run}");
    let mugs = |quantity| vec![Goods { sku: MUG.to_owned(), quantity }];
    let order = order_of_ada(&tag, mugs(MUGS_ORDERED));
    Scenario {
        number: 1,
        title: "an order is paid, shipped and delivered",
        description: [
            format!(
                "{MUGS_RECEIVED} mugs come in, and Ada orders {MUGS_ORDERED}. They are reserved and paid, the order is"
            ),
            "confirmed and shipped, and the carrier brings the parcel.".to_owned(),
        ],
        stock: mugs(MUGS_RECEIVED),
        orders: vec![order],
        expected: Expected::Confirmed,
        tag,
    }
}

/// Scenario 2: the card is declined, so the reserved stock is released and the order is cancelled.
fn declined(run: &str) -> Scenario {
    let tag = format!("demo-2-{run}");
    let bowls = |quantity| vec![Goods { sku: format!("bowl-{run}"), quantity }];
    Scenario {
        number: 2,
        title: "the card is declined",
        description: [
            "3 bowls come in, and Ada orders 2 with a card without funds. The bowls are released, the order is"
                .to_owned(),
            "cancelled with the reason, and nothing is charged.".to_owned(),
        ],
        stock: bowls(3),
        orders: vec![NewOrder { payment_token: Some(DECLINED_CARD), ..order_of_ada(&tag, bowls(2)) }],
        expected: Expected::Cancelled { reason: DECLINED.to_owned() },
        tag,
    }
}

/// Scenario 3: the second line is out of stock, so the first one is released and the order is cancelled.
fn cancelled(run: &str) -> Scenario {
    let tag = format!("demo-3-{run}");
    let [cup, saucer] = ["cup", "saucer"].map(|name| format!("{name}-{run}"));
    let lines = [&cup, &saucer].map(|sku| Goods { sku: sku.clone(), quantity: 1 }).to_vec();
    Scenario {
        number: 3,
        title: "the second line is out of stock",
        description: [
            format!(
                "{CUPS_RECEIVED} cups come in, but no saucers. Ada orders a cup and a saucer: the cup is released, the"
            ),
            "order is cancelled with the reason, and all stock is available again.".to_owned(),
        ],
        expected: Expected::Cancelled { reason: format!("{saucer}: 1 wanted, 0 available") },
        stock: vec![Goods { sku: cup, quantity: CUPS_RECEIVED }],
        orders: vec![order_of_ada(&tag, lines)],
        tag,
    }
}

/// Scenario 6: the buyer cancels at once; what is reserved is released, and what is charged is returned.
fn regretted(run: &str) -> Scenario {
    let tag = format!("demo-6-{run}");
    let vases = |quantity| vec![Goods { sku: format!("vase-{run}"), quantity }];
    Scenario {
        number: 6,
        title: "the buyer cancels",
        description: [
            "2 vases come in, Ada orders 1 and cancels at once. Unless the carrier already has it, the vase is"
                .to_owned(),
            "released, what was charged is returned, and the order is cancelled with her reason.".to_owned(),
        ],
        stock: vases(2),
        orders: vec![order_of_ada(&tag, vases(1))],
        expected: Expected::CancelledByBuyer { reason: REGRET },
        tag,
    }
}

/// Scenario 7: fifty buyers order the last unit at the same time, and exactly one of them gets it.
fn last_unit(run: &str) -> Scenario {
    let tag = format!("demo-7-{run}");
    let lamp = Goods { sku: format!("lamp-{run}"), quantity: 1 };
    let order = |buyer: usize| NewOrder {
        id: format!("{tag}-{buyer}"),
        contact_email: format!("buyer-{buyer}@example.com"),
        lines: vec![lamp.clone()],
        payment_token: None,
    };
    Scenario {
        number: 7,
        title: "fifty buyers, one lamp",
        description: [
            format!(
                "One lamp comes in, and {BUYERS} buyers order it at once. Exactly one order is completed, the others are"
            ),
            "cancelled with the reason, and the stock never falls below 0.".to_owned(),
        ],
        orders: (1..=BUYERS).map(order).collect(),
        expected: Expected::OneConfirmed { reason: format!("{}: 1 wanted, 0 available", lamp.sku) },
        stock: vec![lamp],
        tag,
    }
}

impl Scenario {
    /// Whether there are so many events that text shows totals only.
    pub(super) fn is_crowded(&self) -> bool {
        self.orders.len() > 1
    }

    /// The orders whose parcels are with the carrier.
    pub(super) async fn shipped(&self, reader: &mut Reader<'_>) -> anyhow::Result<Vec<&NewOrder>> {
        let mut shipped = Vec::new();
        for order in &self.orders {
            if reader.order(&order.id).await?.is(OrderStatus::Shipped) {
                shipped.push(order);
            }
        }
        Ok(shipped)
    }

    /// The orders that their buyers cancel now, with the reason.
    pub(super) async fn regretted(&self, reader: &mut Reader<'_>) -> anyhow::Result<Vec<(&NewOrder, &'static str)>> {
        let mut regretted = Vec::new();
        if let Expected::CancelledByBuyer { reason } = self.expected {
            for order in &self.orders {
                if reader.order(&order.id).await?.can_be_cancelled() {
                    regretted.push((order, reason));
                }
            }
        }
        Ok(regretted)
    }

    /// Whether every order has ended, however.
    pub(super) async fn is_over(&self, reader: &mut Reader<'_>) -> anyhow::Result<bool> {
        for order in &self.orders {
            if !reader.order(&order.id).await?.is_over() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Checks the views, the event log and the mailbox.
    pub(super) async fn check(&self, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
        reader.fetch_mails().await?;
        match &self.expected {
            Expected::Confirmed => self.check_confirmed(reader).await,
            Expected::Cancelled { reason } => self.check_cancelled(reason, reader).await,
            Expected::CancelledByBuyer { reason } => self.check_cancelled_by_buyer(reason, reader).await,
            Expected::OneConfirmed { reason } => self.check_one_confirmed(reason, reader).await,
        }
    }

    async fn check_confirmed(&self, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for NewOrder { id, .. } in &self.orders {
            findings.push(Finding::of_order(id, &reader.order(id).await?, OrderStatus::Completed, None));
            findings.push(check_mugs(&id.parse()?, reader).await?);
            findings.push(Finding::of_mail(id, &reader.mail(id, "confirmed").await?, "confirmed"));
        }
        Ok(findings)
    }

    async fn check_cancelled(&self, reason: &str, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for NewOrder { id, .. } in &self.orders {
            findings.push(Finding::of_order(id, &reader.order(id).await?, OrderStatus::Cancelled, Some(reason)));
            findings.push(Finding::of_no_charge(id, reader.payment(id).await?.as_ref()));
        }
        for Goods { sku, quantity } in &self.stock {
            let row = reader.stock(sku).await?;
            let state = reader.stock_state(&sku.parse::<Sku>()?).await?;
            let all = u64::from(*quantity);
            let holds = (row.received, row.available, row.reserved, row.shipped) == (all, all, 0, 0)
                && (state.available, state.reserved()) == (all, 0);
            let found = format!("{sku}: {} available, {} reserved", row.available, row.reserved);
            findings.push(Finding::new(holds, found, &format!("all {all} available, 0 reserved")));
        }
        for NewOrder { id, .. } in &self.orders {
            findings.push(Finding::of_mail(id, &reader.mail(id, "cancelled").await?, "cancelled"));
        }
        Ok(findings)
    }

    async fn check_cancelled_by_buyer(&self, reason: &str, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
        for NewOrder { id, .. } in &self.orders {
            let progress = reader.order(id).await?;
            if progress.is(OrderStatus::Completed) {
                let found = format!("order {id} is {progress}: the carrier had it before the cancellation came");
                return Ok(vec![Finding::new(progress.is_over(), found, "an end")]);
            }
        }
        self.check_cancelled(reason, reader).await
    }

    async fn check_one_confirmed(&self, reason: &str, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
        let (mut confirmed, mut cancelled, mut others) = (Vec::new(), 0, Vec::new());
        let (mut mails, mut given_up, mut wrong) = (0, 0, Vec::new());
        for order in &self.orders {
            let progress = reader.order(&order.id).await?;
            let about = if progress.is(OrderStatus::Completed) { "confirmed" } else { "cancelled" };
            match (progress.is_over(), about) {
                (true, "confirmed") => confirmed.push(order.id.as_str()),
                (true, _) if progress.reason.as_deref() == Some(reason) => cancelled += 1,
                _ => others.push(Finding::of_order(&order.id, &progress, OrderStatus::Cancelled, Some(reason)).found),
            }
            match reader.mail(&order.id, about).await? {
                MailStatus::Sent { .. } => mails += 1,
                MailStatus::GivenUp => given_up += 1,
                MailStatus::Missing | MailStatus::Several { .. } => wrong.push(order.contact_email.as_str()),
            }
        }
        let (all, losers) = (self.orders.len(), self.orders.len() - 1);
        let found = format!("{} of {all} orders is completed: {}", confirmed.len(), confirmed.join(", "));
        let mut findings = vec![Finding::new(confirmed.len() == 1, found, "exactly one")];
        let found = format!("{cancelled} are cancelled with the reason {reason:?}");
        let expected = format!("{losers}. {}", others.join("; "));
        findings.push(Finding::new(cancelled == losers && others.is_empty(), found, &expected));
        for Goods { sku, .. } in &self.stock {
            findings.push(check_last_unit(sku, confirmed.first().copied(), reader).await?);
        }
        let lost = if given_up == 0 { String::new() } else { format!(", {given_up} given up after a lost response") };
        let found = format!("{mails} buyers have one mail each{lost}");
        findings.push(Finding::new(wrong.is_empty(), found, &format!("one each, but not so: {}", wrong.join(", "))));
        Ok(findings)
    }
}

/// Other orders may have reserved mugs, so the check is that this order's mugs are shipped and that the view adds up.
async fn check_mugs(order: &OrderId, reader: &mut Reader<'_>) -> anyhow::Result<Finding> {
    let state = reader.stock_state(&MUG.parse::<Sku>()?).await?;
    let row = reader.stock(MUG).await?;
    let shipped = state.closed(order) == Some(ReservationEnd::Shipped);
    let adds_up = row.received == row.available + row.reserved + row.shipped
        && (row.available, row.reserved, row.shipped) == (state.available, state.reserved(), state.shipped);
    let left = if shipped { "left" } else { "did not leave" };
    let found = format!("its mugs {left} the house; {} of {} are available", row.available, row.received);
    Ok(Finding::new(shipped && adds_up, found, "mugs that left, and a view that agrees with the event log"))
}

async fn check_last_unit(sku: &str, winner: Option<&str>, reader: &mut Reader<'_>) -> anyhow::Result<Finding> {
    let row = reader.stock(sku).await?;
    let state = reader.stock_state(&sku.parse::<Sku>()?).await?;
    let lowest = reader.lowest_available(sku).await?;
    let winner = winner.and_then(|winner| winner.parse::<OrderId>().ok());
    let holds = (row.received, row.available, row.reserved, row.shipped) == (1, 0, 0, 1)
        && state.available == 0
        && lowest == 0
        && winner.is_some_and(|winner| state.closed(&winner) == Some(ReservationEnd::Shipped));
    let (available, shipped) = (row.available, row.shipped);
    let found = format!("{sku}: {available} available, {shipped} shipped, and never fewer than {lowest} available");
    Ok(Finding::new(holds, found, "0 available, 1 shipped for the completed order, never fewer than 0"))
}
