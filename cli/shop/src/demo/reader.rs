//! Reads what a scenario led to: views and streams as any function reads them, the mailbox and the dead-letter queues.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, bail};
use aws_sdk_sqs::types::QueueAttributeName;
use axum::{
    body::{Body, to_bytes},
    http::{StatusCode, Uri},
};
use causeway::{App, StreamId, saga::process::Status};
use causeway_cli::up::Running;
use domain::{
    fulfilment::ProcessBoard,
    ids::Sku,
    inventory::{Inventory, Stock, StockRow, StockState},
    notification::{Notification, NotificationState},
    order::{OrderDetails, OrderStatus, OrderSummary},
    payment::{PaymentRow, PaymentStatus, PaymentSummary},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Serialize;
use serde_json::Value;

/// The mailbox, with as many mails as it lists at once.
const MAILBOX: &str = "/_causeway/mailbox?limit=1000";

/// The size limit of the mailbox's response, in bytes.
const MAX_MAILBOX_BYTES: usize = 64 * 1024 * 1024;

/// Attempts to read the attributes of a queue, for injected faults.
const QUEUE_ATTEMPTS: u32 = 20;

const QUEUE_RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// A check of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether the check holds.
    pub holds: bool,
    /// What was read; if the check does not hold, also what was expected.
    pub found: String,
}

pub(super) struct Reader<'r> {
    app: &'r App,
    endpoint: String,
    with_faults: bool,
    /// Orders that have ended do not change any more.
    over: BTreeMap<String, OrderProgress>,
    mails: Vec<Value>,
}

/// How far an order and its fulfilment are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OrderProgress {
    /// None while the views differ.
    status: Option<OrderStatus>,
    process: Status,
    /// Why the order is cancelled.
    pub(super) reason: Option<String>,
}

/// The mails in the mailbox about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MailStatus {
    Missing,
    Sent {
        to: String,
    },
    Several {
        number: usize,
    },
    /// None, and `EmailFailed` is recorded: the response was lost, and a mail is never sent twice.
    GivenUp,
}

impl Finding {
    /// A check with what was read and what was expected.
    pub(super) fn new(holds: bool, found: impl Into<String>, expected: &str) -> Self {
        let found = found.into();
        let found = if holds { found } else { format!("{found}; expected: {expected}") };
        Self { holds, found }
    }

    /// Checks that the order has ended with this status and reason.
    pub(super) fn of_order(id: &str, progress: &OrderProgress, status: OrderStatus, reason: Option<&str>) -> Self {
        let because =
            |reason: Option<&str>| reason.map(|reason| format!(" with the reason {reason:?}")).unwrap_or_default();
        let holds = progress.is_over() && progress.is(status) && progress.reason.as_deref() == reason;
        let found = format!("order {id} is {progress}{}", because(progress.reason.as_deref()));
        Self::new(holds, found, &format!("{}{}, and its fulfilment ended", word(status), because(reason)))
    }

    /// Checks that nothing is charged, or that all of it is returned.
    pub(super) fn of_no_charge(order: &str, payment: Option<&PaymentRow>) -> Self {
        let (holds, found) = match payment.map(|row| row.status) {
            None | Some(PaymentStatus::Failed | PaymentStatus::Voided) => (true, "nothing is charged"),
            Some(PaymentStatus::Refunded) => (true, "what was charged is returned"),
            Some(PaymentStatus::Requested | PaymentStatus::Refunding) => (false, "the payment is not settled"),
            Some(PaymentStatus::Processed) => (false, "it is charged"),
        };
        Self::new(holds, format!("order {order}: {found}"), "no charge, or all of it returned")
    }

    /// Checks that there is one mail about the order.
    pub(super) fn of_mail(order: &str, mail: &MailStatus, about: &str) -> Self {
        let found = match mail {
            MailStatus::Sent { to } => format!("{to} has one mail: \"Your order {order} is {about}\""),
            MailStatus::GivenUp => {
                "no mail: SES's response was lost, and EmailFailed is recorded instead of a second mail".to_owned()
            }
            MailStatus::Missing => format!("no mail about order {order}"),
            MailStatus::Several { number } => format!("{number} mails about order {order}"),
        };
        let holds = matches!(mail, MailStatus::Sent { .. } | MailStatus::GivenUp);
        Self::new(holds, found, &format!("one mail \"Your order {order} is {about}\""))
    }
}

impl<'r> Reader<'r> {
    pub(super) fn new(running: &'r Running) -> anyhow::Result<Self> {
        let app = running.apps.app("order-on-order-confirmed");
        let app = app.context("the template has no function order-on-order-confirmed, which writes the order views")?;
        let (endpoint, with_faults) = (running.cloud.endpoint(), running.seed.is_some());
        Ok(Self { app, endpoint, with_faults, over: BTreeMap::new(), mails: Vec::new() })
    }

    /// The progress of an order in all its views.
    pub(super) async fn order(&mut self, id: &str) -> anyhow::Result<OrderProgress> {
        if let Some(known) = self.over.get(id) {
            return Ok(known.clone());
        }
        let (Some(summary), Some(details)) =
            (self.app.row::<OrderSummary>(id).await?, self.app.row::<OrderDetails>(id).await?)
        else {
            return Ok(OrderProgress::default());
        };
        let board = self.app.row::<ProcessBoard>(id).await?;
        let status = Some(summary.status).filter(|status| *status == details.status);
        let reason = details.history.iter().rev().find_map(|entry| entry.reason.clone());
        let progress = OrderProgress { status, process: board.map(|row| row.status).unwrap_or_default(), reason };
        if progress.is_over() {
            self.over.insert(id.to_owned(), progress.clone());
        }
        Ok(progress)
    }

    pub(super) async fn payment(&self, order: &str) -> anyhow::Result<Option<PaymentRow>> {
        Ok(self.app.row::<PaymentSummary>(order).await?)
    }

    pub(super) async fn stock(&self, sku: &str) -> anyhow::Result<StockRow> {
        let nothing = StockRow { sku: sku.parse()?, received: 0, available: 0, reserved: 0, shipped: 0 };
        Ok(self.app.row::<Stock>(sku).await?.unwrap_or(nothing))
    }

    pub(super) async fn stock_state(&self, sku: &Sku) -> anyhow::Result<StockState> {
        Ok(self.app.state::<Inventory>(sku).await?)
    }

    /// The lowest number of available units in the history of the inventory stream.
    pub(super) async fn lowest_available(&self, sku: &str) -> anyhow::Result<i64> {
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

    /// Fetches all mails of the mailbox, for [`Self::mail`].
    pub(super) async fn fetch_mails(&mut self) -> anyhow::Result<()> {
        let uri: Uri = format!("{}{MAILBOX}", self.endpoint).parse().context("the endpoint is not a URL")?;
        let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
        let response = client.get(uri).await.context("the mailbox does not respond")?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), MAX_MAILBOX_BYTES).await;
        let body = body.context("the response of the mailbox ended early")?;
        if status != StatusCode::OK {
            bail!("the mailbox responds {status}: {}", String::from_utf8_lossy(&body));
        }
        let mut mailbox: Value = serde_json::from_slice(&body).context("the response of the mailbox is not JSON")?;
        match mailbox.get_mut("Mails").map(Value::take) {
            Some(Value::Array(mails)) => self.mails = mails,
            _ => bail!("the response of the mailbox has no Mails"),
        }
        Ok(())
    }

    pub(super) async fn mail(&self, order: &str, about: &str) -> anyhow::Result<MailStatus> {
        let subject = format!("Your order {order} is {about}");
        let text = |mail: &'_ Value, pointer: &str| mail.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let is_about = |mail: &&Value| text(mail, "/Content/Simple/Subject/Data").as_ref() == Some(&subject);
        let found: Vec<&Value> = self.mails.iter().filter(is_about).collect();
        match found.as_slice() {
            [mail] => Ok(MailStatus::Sent { to: text(mail, "/Destination/ToAddresses/0").unwrap_or_default() }),
            [] if self.with_faults && self.is_given_up(order).await? => Ok(MailStatus::GivenUp),
            [] => Ok(MailStatus::Missing),
            several => Ok(MailStatus::Several { number: several.len() }),
        }
    }

    /// Whether the mail about the newest event of the order is recorded as failed.
    async fn is_given_up(&self, order: &str) -> anyhow::Result<bool> {
        let newest = self.app.store().newest(&StreamId::parse(&format!("order/{order}"))?).await?;
        let Some(event) = newest.and_then(|commit| commit.event_envelope(0)) else {
            return Ok(false);
        };
        Ok(self.app.state::<Notification>(&event.event_id).await? == NotificationState::Failed)
    }
}

impl OrderProgress {
    pub(super) fn is(&self, status: OrderStatus) -> bool {
        self.status == Some(status)
    }

    /// Whether it is in all views and its buyer may still cancel it.
    pub(super) fn can_be_cancelled(&self) -> bool {
        matches!(self.status, Some(OrderStatus::Placed | OrderStatus::Paid | OrderStatus::Confirmed))
    }

    /// Whether both the order and its fulfilment have ended.
    pub(super) fn is_over(&self) -> bool {
        let fits = match self.status {
            Some(OrderStatus::Completed) => self.process == Status::Completed,
            Some(OrderStatus::Cancelled) => self.process == Status::Compensated,
            Some(_) | None => false,
        };
        fits || self.process == Status::NeedsOperator
    }
}

impl std::fmt::Display for OrderProgress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let process = match self.process {
            Status::NotStarted => ", its fulfilment has not started",
            Status::Running => ", its fulfilment is running",
            Status::Compensating => ", its fulfilment is compensating",
            Status::NeedsOperator => ", its fulfilment needs an operator",
            Status::Completed | Status::Compensated => "",
        };
        write!(f, "{}{process}", self.status.map_or("not in all views yet", word))
    }
}

fn word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Placed => "placed",
        OrderStatus::Paid => "paid",
        OrderStatus::Confirmed => "confirmed",
        OrderStatus::Cancelling => "being cancelled",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Shipped => "shipped",
        OrderStatus::Delivered => "delivered",
        OrderStatus::Completed => "completed",
    }
}

/// The number of messages in the dead-letter queues of the stack, those in flight included.
pub(super) async fn dead_letters(running: &Running) -> anyhow::Result<u64> {
    let client = aws_sdk_sqs::Client::new(running.apps.sdk());
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let mut total = 0;
    for queue in &running.queues {
        let mut attempts = 0;
        total += loop {
            attempts += 1;
            let request = client.get_queue_attributes().queue_url(&queue.url);
            match request.set_attribute_names(Some(counts.to_vec())).send().await {
                Ok(response) => {
                    let values = response.attributes().into_iter().flat_map(|attributes| attributes.values());
                    break values.filter_map(|count| count.parse::<u64>().ok()).sum::<u64>();
                }
                Err(error) if attempts == QUEUE_ATTEMPTS => return Err(error.into()),
                Err(_) => tokio::time::sleep(QUEUE_RETRY_INTERVAL).await,
            }
        };
    }
    Ok(total)
}
