//! The invariants of the shop: what must hold of log, views and e-mails at the end of every journey in memory and of
//! every chaos run, whatever faults there were.

mod bank;
mod orders;

pub use bank::Bank;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use causeway::{
    AddsTo, Messages, Projection, StreamId, View,
    log::{
        commit::{Commit, Recorded},
        event_store::check_contiguous,
    },
    view::view_store::{Grain, Row, RowKey},
};
use domain::{
    Family,
    account::{AccountBalance, AccountStatement},
    analytics::{ProductsByDay, SalesByMinute},
    cart::{CartContent, CartEvent},
    device::{DeviceStatus, DeviceWindows},
    fraud::FraudCase,
    fulfilment::{FulfilmentEvent, ProcessBoard},
    ids::OrderId,
    inventory::{InventoryEvent, Stock},
    notification::{EmailFailed, EmailKind, NotificationEvent},
    order::{OrderDetails, OrderEvent, OrderStatus, OrderSummary},
    payment::PaymentEvent,
    shipment::ShipmentTracking,
    transfer::TransferSummary,
    user::UserProfile,
};

/// The number of breaches that a verdict lists.
const MAX_LISTED: usize = 10;

/// The beginning of the reason of a compensation whose cause is the deadline.
const TOO_LATE: &str = "it took longer than ";

/// The reason of a failed e-mail of which nobody can say whether it was sent.
pub const UNKNOWN: &str = "outcome unknown";

/// The quantity of each sku.
pub type Lines = BTreeMap<String, i64>;

/// One invariant, and what breaks it.
#[derive(Debug)]
pub struct Verdict {
    /// The invariant in words.
    pub invariant: &'static str,
    /// The breaches; none if the invariant holds.
    pub breaches: Vec<String>,
}

impl Verdict {
    /// The verdict on an invariant with these breaches.
    pub fn new(invariant: &'static str, breaches: Vec<String>) -> Self {
        Self { invariant, breaches }
    }

    /// Whether the invariant holds.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}  {}", if self.holds() { "passed" } else { "FAILED" }, self.invariant)?;
        for breach in self.breaches.iter().take(MAX_LISTED) {
            write!(formatter, "\n        {breach}")?;
        }
        match self.breaches.len().saturating_sub(MAX_LISTED) {
            0 => Ok(()),
            more => write!(formatter, "\n        and {more} more"),
        }
    }
}

/// An e-mail that the provider accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SentMail {
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
}

/// How a fulfilment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The order is completed.
    Completed,
    /// Every step was undone.
    Compensated,
    /// An operator has to decide.
    NeedsOperator,
}

/// The stock of one sku, counted from its events.
#[derive(Clone, Debug, Default)]
pub struct StockCount {
    /// All pieces that ever came in.
    pub received: i64,
    /// The pieces that can be reserved.
    pub available: i64,
    /// The pieces that were shipped.
    pub shipped: i64,
    /// The reserved pieces by order.
    pub held: BTreeMap<String, i64>,
}

impl StockCount {
    /// All reserved pieces.
    pub fn reserved(&self) -> i64 {
        self.held.values().sum()
    }
}

/// The state of the whole shop at one moment: log, views and e-mails.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The commits by stream, in the order of their versions.
    pub streams: BTreeMap<StreamId, Vec<Commit>>,
    /// The rows of all views.
    pub rows: BTreeMap<RowKey, Row>,
    /// The accepted e-mails.
    pub mails: Vec<SentMail>,
}

impl Snapshot {
    /// Checks all invariants.
    pub fn check(&self) -> Vec<Verdict> {
        vec![
            Verdict::new("every stream is contiguous, and every event can be decoded", self.check_streams()),
            Verdict::new("no stream handled a command twice, and no commit id occurs twice", self.check_ids()),
            Verdict::new("every order was completed or cancelled once, as its fulfilment ended", self.check_orders()),
            Verdict::new(
                "charged less refunded is the total of a completed order, and else nothing",
                self.check_money(),
            ),
            Verdict::new(
                "every order was shipped at most once, after its payment, and not cancelled",
                self.check_shipments(),
            ),
            Verdict::new("a completed order shipped each line once, a cancelled one holds nothing", self.check_held()),
            Verdict::new("received = available + reserved + shipped, in the log as in the view", self.check_stock()),
            Verdict::new("no buyer got the same e-mail twice, and its outcome is recorded once", self.check_mails()),
            Verdict::new("money is neither made nor lost, and every transfer has ended once", self.check_bank()),
            Verdict::new("every row is the fold of its stream", self.check_views()),
            Verdict::new("every event counts once in the sums of all streams", self.check_projections()),
        ]
    }

    /// The streams of a context with their events. An event that cannot be decoded is left out, and is a breach.
    pub fn of_context<E: Messages>(&self, context: &str) -> Vec<(&StreamId, Vec<Recorded<E>>)> {
        let streams = self.streams.iter().filter(|(stream, _)| stream.context() == context);
        let events = |commits: &Vec<Commit>| commits.iter().flat_map(|it| it.recorded().unwrap_or_default()).collect();
        streams.map(|(stream, commits)| (stream, events(commits))).collect()
    }

    /// The events of one stream.
    pub fn events<E: Messages>(&self, context: &str, id: &str) -> Vec<E> {
        let streams = self.streams.iter().filter(|(stream, _)| stream.context() == context && stream.id() == id);
        streams.flat_map(|(_, commits)| commits).flat_map(|it| it.decode::<E>().unwrap_or_default()).collect()
    }

    /// The status of this order; none if the log has no such order.
    pub fn order_status(&self, order: &str) -> Option<OrderStatus> {
        self.events::<OrderEvent>("order", order).last().map(OrderStatus::after)
    }

    /// Whether this order was confirmed, whatever came after.
    pub fn was_confirmed(&self, order: &str) -> bool {
        let events = self.events::<OrderEvent>("order", order);
        events.iter().any(|event| matches!(event, OrderEvent::OrderConfirmed(_)))
    }

    /// All endings of this order's fulfilment.
    pub fn endings(&self, order: &str) -> Vec<Ending> {
        let events = self.events::<FulfilmentEvent>("fulfilment", order).into_iter();
        let endings = events.filter_map(|event| match event {
            FulfilmentEvent::FulfilmentCompleted(_) => Some(Ending::Completed),
            FulfilmentEvent::FulfilmentCompensated(_) => Some(Ending::Compensated),
            FulfilmentEvent::FulfilmentNeedsOperator(_) => Some(Ending::NeedsOperator),
            _ => None,
        });
        endings.collect()
    }

    /// Whether the deadline of this order's fulfilment passed before the order was confirmed.
    pub fn is_late(&self, order: &str) -> bool {
        self.events::<FulfilmentEvent>("fulfilment", order).iter().any(|event| match event {
            FulfilmentEvent::FulfilmentCompensating(compensating) => compensating.reason.starts_with(TOO_LATE),
            _ => false,
        })
    }

    /// The stock of this sku.
    pub fn stock(&self, sku: &str) -> StockCount {
        let mut streams = self.of_context::<InventoryEvent>("inventory").into_iter();
        let found = streams.find(|(stream, _)| stream.id() == sku);
        found.map(|(stream, events)| count_stock(stream, &events, &mut Vec::new())).unwrap_or_default()
    }

    /// The lines that each order has reserved and neither released nor shipped.
    pub fn held(&self) -> BTreeMap<String, Lines> {
        let mut held: BTreeMap<String, Lines> = BTreeMap::new();
        for (stream, events) in self.of_context::<InventoryEvent>("inventory") {
            for recorded in events {
                let (order, quantity) = match &recorded.event {
                    InventoryEvent::StockReserved(it) => (&it.order_id, i64::from(it.quantity.get())),
                    InventoryEvent::StockReleased(it) => (&it.order_id, -i64::from(it.quantity)),
                    InventoryEvent::StockShipped(it) => (&it.order_id, -i64::from(it.quantity.get())),
                    InventoryEvent::StockReceived(_) | InventoryEvent::StockReservationFailed(_) => continue,
                };
                *held.entry(order.to_string()).or_default().entry(stream.id().to_owned()).or_default() += quantity;
            }
        }
        held.values_mut().for_each(|lines| lines.retain(|_, quantity| *quantity != 0));
        held.retain(|_, lines| !lines.is_empty());
        held
    }

    fn check_streams(&self) -> Vec<String> {
        let contiguous = self.streams.iter().filter_map(|(stream, commits)| check_contiguous(stream, 1, commits).err());
        let mut breaches: Vec<String> = contiguous.map(|error| error.to_string()).collect();
        let contexts = domain::contexts().into_iter();
        let families: BTreeMap<&str, Family> =
            contexts.filter_map(|context| Some((context.name, context.families.into_iter().next()?))).collect();
        for commit in self.streams.values().flatten() {
            let error = match families.get(commit.stream.context()) {
                Some(family) => commit.events.iter().find_map(|event| {
                    (family.upcast)(&event.name, event.version, &event.data).err().map(|error| error.to_string())
                }),
                None => Some("unknown context".to_owned()),
            };
            breaches.extend(error.map(|error| format!("{} version {}: {error}", commit.stream, commit.version)));
        }
        breaches
    }

    fn check_ids(&self) -> Vec<String> {
        let (mut commands, mut ids, mut breaches) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for commit in self.streams.values().flatten() {
            if !commands.insert((&commit.stream, commit.command.as_str())) {
                breaches.push(format!("{} handled command {} twice", commit.stream, commit.command));
            }
            if !ids.insert(commit.id.uuid()) {
                breaches.push(format!("commit {} occurs twice", commit.id.uuid()));
            }
        }
        breaches
    }

    /// At its end an order holds no stock: all of it is shipped or released.
    fn check_held(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        let mut held = self.held();
        for (stream, events) in self.of_context::<OrderEvent>("order") {
            let Some(OrderEvent::OrderPlaced(placed)) = events.first().map(|recorded| &recorded.event) else {
                breaches.push(format!("{stream} does not begin with OrderPlaced"));
                continue;
            };
            let expected: Lines = match self.order_status(stream.id()) {
                Some(OrderStatus::Completed) => {
                    placed.lines.iter().map(|line| (line.sku.to_string(), line.quantity.get().into())).collect()
                }
                _ => Lines::new(),
            };
            let (lines, shipped) = (held.remove(stream.id()).unwrap_or_default(), self.shipped(stream.id()));
            let needs_operator = self.endings(stream.id()) == [Ending::NeedsOperator];
            if (!lines.is_empty() || shipped != expected) && !needs_operator {
                breaches.push(format!("{stream} holds {lines:?}, and shipped {shipped:?} instead of {expected:?}"));
            }
        }
        breaches.extend(held.into_iter().map(|(order, lines)| format!("{order}, which is no order, holds {lines:?}")));
        breaches
    }

    /// The lines that this order has shipped.
    fn shipped(&self, order: &str) -> Lines {
        let mut lines = Lines::new();
        for (stream, events) in self.of_context::<InventoryEvent>("inventory") {
            for recorded in events {
                if let InventoryEvent::StockShipped(it) = &recorded.event
                    && it.order_id.as_str() == order
                {
                    *lines.entry(stream.id().to_owned()).or_default() += i64::from(it.quantity.get());
                }
            }
        }
        lines
    }

    fn check_stock(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (stream, events) in self.of_context::<InventoryEvent>("inventory") {
            let stock = count_stock(stream, &events, &mut breaches);
            let key = RowKey { view: Stock::NAME.to_owned(), id: stream.id().to_owned() };
            let columns = self.rows.get(&key).map(|row| row.columns.clone()).unwrap_or_default();
            let in_view = ["received", "available", "reserved", "shipped"]
                .map(|name| columns.get(name).and_then(serde_json::Value::as_i64).unwrap_or_default());
            let in_log = [stock.received, stock.available, stock.reserved(), stock.shipped];
            if in_view != in_log {
                breaches.push(format!("{key} is {in_view:?} in the view and {in_log:?} in the log"));
            }
        }
        breaches
    }

    /// A provider without idempotency keys gets no e-mail twice: when a sender is killed between sending and recording,
    /// the provider may have accepted an e-mail of which the log says that its outcome is unknown.
    fn check_mails(&self) -> Vec<String> {
        #[derive(Default)]
        struct Count {
            accepted: usize,
            sent: usize,
            unknown: usize,
        }
        let mut breaches = Vec::new();
        let mut counts: BTreeMap<SentMail, Count> = BTreeMap::new();
        for mail in &self.mails {
            counts.entry(mail.clone()).or_default().accepted += 1;
        }
        for (stream, events) in self.of_context::<NotificationEvent>("notification") {
            if events.len() != 1 {
                breaches.push(format!("{stream} records {} outcomes", events.len()));
            }
            for recorded in events {
                match recorded.event {
                    NotificationEvent::EmailSent(it) => {
                        let mail = SentMail { to: it.to.to_string(), subject: subject(it.kind, it.order_id.as_ref()) };
                        counts.entry(mail).or_default().sent += 1;
                    }
                    NotificationEvent::EmailFailed(EmailFailed { to: Some(to), reason, order_id, kind, .. })
                        if reason == UNKNOWN =>
                    {
                        let mail = SentMail { to: to.to_string(), subject: subject(kind, order_id.as_ref()) };
                        counts.entry(mail).or_default().unknown += 1;
                    }
                    NotificationEvent::EmailFailed(_) => {}
                }
            }
        }
        for (SentMail { to, subject }, Count { accepted, sent, unknown }) in counts {
            if !matches!((sent, unknown, accepted), (1, 0, 1) | (0, 1, 0 | 1)) {
                breaches.push(format!("{subject:?} to {to}: {accepted} accepted, {sent} sent, {unknown} unknown"));
            }
        }
        for recorded in self.of_context::<OrderEvent>("order").into_iter().flat_map(|(_, events)| events) {
            let needs_mail = matches!(recorded.event, OrderEvent::OrderConfirmed(_) | OrderEvent::OrderCancelled(_));
            if needs_mail && self.events::<NotificationEvent>("notification", recorded.id.as_str()).is_empty() {
                breaches.push(format!("the outcome of the e-mail about {} is not recorded", recorded.id));
            }
        }
        breaches
    }

    fn check_views(&self) -> Vec<String> {
        let mut breaches = self.check_view::<OrderSummary>("order");
        breaches.extend(self.check_view::<OrderDetails>("order"));
        breaches.extend(self.check_view::<Stock>("inventory"));
        breaches.extend(self.check_view::<ProcessBoard>("fulfilment"));
        breaches.extend(self.check_view::<UserProfile>("user"));
        breaches.extend(self.check_view::<CartContent>("cart"));
        breaches.extend(self.check_view::<ShipmentTracking>("shipment"));
        breaches.extend(self.check_view::<AccountBalance>("account"));
        breaches.extend(self.check_view::<AccountStatement>("account"));
        breaches.extend(self.check_view::<TransferSummary>("transfer"));
        breaches.extend(self.check_view::<DeviceStatus>("device"));
        breaches.extend(self.check_view::<DeviceWindows>("device"));
        breaches.extend(self.check_view::<FraudCase>("fraud"));
        breaches
    }

    fn check_projections(&self) -> Vec<String> {
        let mut sales = BTreeMap::new();
        self.add::<SalesByMinute, OrderEvent>("order", &mut sales);
        self.add::<SalesByMinute, PaymentEvent>("payment", &mut sales);
        let mut products = BTreeMap::new();
        self.add::<ProductsByDay, OrderEvent>("order", &mut products);
        self.add::<ProductsByDay, CartEvent>("cart", &mut products);
        let mut breaches = self.check_sums::<SalesByMinute>(&sales);
        breaches.extend(self.check_sums::<ProductsByDay>(&products));
        breaches
    }

    /// Adds what the events of a context add to a projection.
    fn add<P: Projection, E: AddsTo<P>>(&self, context: &str, sums: &mut BTreeMap<String, Row>) {
        for event in self.of_context::<E>(context).into_iter().flat_map(|(_, events)| events) {
            for (id, patch) in E::additions(&event) {
                let row = sums.entry(id).or_default();
                row.apply(row.version + 1, patch);
            }
        }
    }

    /// The rows of a projection may be patched by several events at once, and so have a lower version.
    fn check_sums<P: Projection>(&self, sums: &BTreeMap<String, Row>) -> Vec<String> {
        let rows = self.rows.iter().filter(|(key, _)| key.view == P::NAME);
        let found: BTreeMap<&str, &Row> = rows.map(|(key, row)| (key.id.as_str(), row)).collect();
        let ids: BTreeSet<&str> = found.keys().copied().chain(sums.keys().map(String::as_str)).collect();
        let differs = |id: &&str| {
            let parts = |row: Option<&Row>| row.map(|row| (row.columns.clone(), row.position.clone()));
            parts(found.get(id).copied()) != parts(sums.get(*id))
        };
        let show = |id| format!("{}/{id} is {:?}, the sum of the log {:?}", P::NAME, found.get(id), sums.get(id));
        ids.into_iter().filter(differs).map(show).collect()
    }

    fn check_view<V: View>(&self, context: &str) -> Vec<String> {
        let mut breaches = Vec::new();
        let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
        for (stream, events) in self.of_context::<V::Event>(context) {
            for event in &events {
                let patch = V::patch(stream, event);
                if V::GRAIN == Grain::Stream || !patch.is_empty() {
                    rows.entry(RowKey::of::<V>(stream, event.version)).or_default().apply(event.version, patch);
                }
            }
        }
        for (key, folded) in rows {
            let row = self.rows.get(&key).cloned().unwrap_or_default();
            if row != folded {
                breaches.push(format!("{key} is {row:?}, the fold of the log {folded:?}"));
            }
        }
        breaches
    }
}

fn subject(kind: EmailKind, order: Option<&OrderId>) -> String {
    let order = order.map_or_else(String::new, ToString::to_string);
    let status = match kind {
        EmailKind::Welcome => return "Welcome to the shop".to_owned(),
        EmailKind::OrderConfirmation => "confirmed",
        EmailKind::OrderCancellation => "cancelled",
        EmailKind::ShippingNotice => "on its way",
        EmailKind::PaymentReceipt => return format!("Your receipt for order {order}"),
        EmailKind::FeedbackRequest => return format!("How do you like your order {order}?"),
    };
    format!("Your order {order} is {status}")
}

fn count_stock(stream: &StreamId, events: &[Recorded<InventoryEvent>], breaches: &mut Vec<String>) -> StockCount {
    let mut stock = StockCount::default();
    let (mut reserved, mut released) = (BTreeSet::new(), BTreeSet::new());
    for recorded in events {
        match &recorded.event {
            InventoryEvent::StockReceived(event) => {
                stock.received += i64::from(event.quantity.get());
                stock.available += i64::from(event.quantity.get());
            }
            InventoryEvent::StockReserved(event) => {
                stock.available -= i64::from(event.quantity.get());
                stock.held.insert(event.order_id.to_string(), event.quantity.get().into());
                if !reserved.insert(event.order_id.clone()) {
                    breaches.push(format!("{stream}: reserved twice for {}", event.order_id));
                }
                if released.contains(&event.order_id) {
                    breaches.push(format!("{stream}: reserved for {} after the release", event.order_id));
                }
            }
            InventoryEvent::StockReservationFailed(_) => {}
            InventoryEvent::StockReleased(event) => {
                let held = stock.held.remove(event.order_id.as_str()).unwrap_or_default();
                if held != i64::from(event.quantity) {
                    breaches.push(format!("{stream}: {} released, {held} held, {}", event.quantity, event.order_id));
                }
                stock.available += i64::from(event.quantity);
                if !released.insert(event.order_id.clone()) {
                    breaches.push(format!("{stream}: released twice for {}", event.order_id));
                }
            }
            InventoryEvent::StockShipped(event) => {
                stock.held.remove(event.order_id.as_str());
                stock.shipped += i64::from(event.quantity.get());
            }
        }
        let below_zero = stock.available < 0 || stock.reserved() < 0 || stock.shipped < 0;
        if below_zero || stock.received != stock.available + stock.reserved() + stock.shipped {
            breaches.push(format!("{stream} version {}: {stock:?} does not add up", recorded.version));
        }
    }
    stock
}
