//! What the demo believes: the views and the log, read as any function reads them, and the mailbox.

use std::collections::BTreeMap;

use anyhow::Context;
use causeway::{App, StreamId, saga::process::Status};
use domain::{
    fulfilment::ProcessBoard,
    ids::Sku,
    inventory::{Inventory, Stock, StockRow, StockState},
    notification::{Notification, NotificationState},
    order::{OrderDetails, OrderStatus, OrderSummary},
};
use serde_json::Value;

use super::{finding::word, mailbox};
use crate::up::Running;

/// Reads for the stories.
pub(super) struct Reader<'r> {
    app: &'r App,
    endpoint: String,
    with_faults: bool,
    /// Orders that are over stay as they are.
    over: BTreeMap<String, OrderStands>,
    mails: Vec<Value>,
}

/// Where an order stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OrderStands {
    status: Option<OrderStatus>,
    process: Status,
    /// Why it is cancelled.
    pub(super) reason: Option<String>,
}

/// What the mailbox has about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MailStands {
    /// Nothing.
    Missing,
    /// One mail.
    Sent {
        /// Who has it.
        to: String,
    },
    /// More than one.
    Several {
        /// How many.
        number: usize,
    },
    /// Nothing, and that is recorded: nobody knew whether the mail was taken, and it is never sent twice.
    GivenUp,
}

impl<'r> Reader<'r> {
    /// Reads what this cloud has.
    pub(super) fn new(running: &'r Running) -> anyhow::Result<Self> {
        let app = running.apps.app("order-on-order-confirmed");
        let app = app.context("the template has no function order-on-order-confirmed, so nobody shows orders")?;
        let (endpoint, with_faults) = (running.cloud.endpoint(), running.seed.is_some());
        Ok(Self { app, endpoint, with_faults, over: BTreeMap::new(), mails: Vec::new() })
    }

    /// Where an order stands in all views that have it.
    pub(super) async fn order(&mut self, id: &str) -> anyhow::Result<OrderStands> {
        if let Some(known) = self.over.get(id) {
            return Ok(known.clone());
        }
        let (Some(summary), Some(details)) =
            (self.app.row::<OrderSummary>(id).await?, self.app.row::<OrderDetails>(id).await?)
        else {
            return Ok(OrderStands::default());
        };
        let board = self.app.row::<ProcessBoard>(id).await?;
        // One view may be behind the other.
        let status = Some(summary.status).filter(|status| *status == details.status);
        let reason = details.history.iter().rev().find_map(|entry| entry.reason.clone());
        let stands = OrderStands { status, process: board.map(|row| row.status).unwrap_or_default(), reason };
        if stands.is_over() {
            self.over.insert(id.to_owned(), stands.clone());
        }
        Ok(stands)
    }

    /// The stock of a thing, as the view has it.
    pub(super) async fn stock(&self, sku: &str) -> anyhow::Result<StockRow> {
        let nothing = StockRow { sku: sku.parse()?, received: 0, available: 0, reserved: 0, shipped: 0 };
        Ok(self.app.row::<Stock>(sku).await?.unwrap_or(nothing))
    }

    /// The stock of a thing, as the log has it.
    pub(super) async fn shelf(&self, sku: &Sku) -> anyhow::Result<StockState> {
        Ok(self.app.state::<Inventory>(sku).await?)
    }

    /// The fewest that were ever available of a thing, counted along its log.
    pub(super) async fn lowest(&self, sku: &str) -> anyhow::Result<i64> {
        let commits = self.app.store().since(&StreamId::parse(&format!("inventory/{sku}"))?, 1).await?;
        let (mut available, mut lowest) = (0, 0);
        for event in commits.iter().flat_map(|commit| &commit.events) {
            let data: Value = serde_json::from_str(event.data.get())?;
            let quantity = data.get("quantity").and_then(Value::as_i64).unwrap_or_default();
            match event.name.as_str() {
                "StockReceived" | "StockReleased" => available += quantity,
                "StockReserved" => available -= quantity,
                _ => {}
            }
            lowest = lowest.min(available);
        }
        Ok(lowest)
    }

    /// Takes all mails out of the mailbox, to look into.
    pub(super) async fn fetch_mails(&mut self) -> anyhow::Result<()> {
        self.mails = mailbox::newest(&self.endpoint).await?;
        Ok(())
    }

    /// What the mails that were fetched last say about an order.
    pub(super) async fn mail(&self, order: &str, about: &str) -> anyhow::Result<MailStands> {
        let subject = format!("Your order {order} is {about}");
        let found: Vec<&Value> = self.mails.iter().filter(|mail| mailbox::subject(mail) == Some(&subject)).collect();
        match found.as_slice() {
            [mail] => Ok(MailStands::Sent { to: mailbox::to(mail).unwrap_or_default().to_owned() }),
            [] if self.with_faults && self.is_given_up(order).await? => Ok(MailStands::GivenUp),
            [] => Ok(MailStands::Missing),
            several => Ok(MailStands::Several { number: several.len() }),
        }
    }

    /// Whether the mail about the newest thing that happened to the order is recorded as failed.
    async fn is_given_up(&self, order: &str) -> anyhow::Result<bool> {
        let newest = self.app.store().newest(&StreamId::parse(&format!("order/{order}"))?).await?;
        let Some(told) = newest.and_then(|commit| commit.event_envelope(0)) else {
            return Ok(false);
        };
        Ok(self.app.state::<Notification>(&told.event_id).await? == NotificationState::Failed)
    }
}

impl OrderStands {
    /// Whether it stands there in all views.
    pub(super) fn is(&self, status: OrderStatus) -> bool {
        self.status == Some(status)
    }

    /// Whether nothing will happen to it any more: it has an end, and so has its fulfilment.
    pub(super) fn is_over(&self) -> bool {
        let fits = match self.status {
            Some(OrderStatus::Confirmed) => self.process == Status::Completed,
            Some(OrderStatus::Cancelled) => self.process == Status::Compensated,
            Some(OrderStatus::Placed) | None => false,
        };
        fits || self.process == Status::NeedsOperator
    }

    /// Where it stands, in words.
    pub(super) fn word(&self) -> String {
        let process = match self.process {
            Status::NotStarted => ", its fulfilment has not begun",
            Status::Running => ", its fulfilment is under way",
            Status::Compensating => ", its fulfilment is being undone",
            Status::NeedsOperator => ", its fulfilment needs an operator",
            Status::Completed | Status::Compensated => "",
        };
        format!("{}{process}", self.status.map_or("not in all views yet", word))
    }
}
