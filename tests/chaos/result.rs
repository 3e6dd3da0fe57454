//! The result of a chaos run, read through the endpoint: the log, the rows and the e-mails, beside the orders that were
//! put.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{
    Projection as _, StreamId, View,
    log::commit::Commit,
    view::view_store::{Page, RowKey, ViewStore as _},
};
use causeway_aws::dynamo::commit_of;
use domain::{
    analytics::{ProductsByDay, SalesByMinute, day_of},
    fulfilment::ProcessBoard,
    inventory::Stock,
    notification::{EmailFailed, NotificationEvent},
    order::{OrderDetails, OrderEvent, OrderStatus, OrderSummary},
    shipment::ShipmentTracking,
};
use serde_json::Value;

use super::{
    client::{Client, EVENTS},
    orders::{Orders, address_of},
};
use crate::invariants::{Ending, Lines, SentMail, Snapshot, UNKNOWN, Verdict};

/// The orders that were put, and the shop at the end.
#[derive(Debug)]
pub struct ChaosResult {
    /// What was put.
    pub expected: Orders,
    /// The shop at the end.
    pub snapshot: Snapshot,
}

impl ChaosResult {
    pub(super) async fn read(client: &Client, expected: Orders) -> anyhow::Result<Self> {
        let mut streams: BTreeMap<StreamId, Vec<Commit>> = BTreeMap::new();
        let scan = client.tables.scan().table_name(EVENTS).consistent_read(true);
        let mut items = scan.into_paginator().items().send();
        while let Some(item) = items.next().await {
            let commit = commit_of(&item?)?;
            streams.entry(commit.stream.clone()).or_default().push(commit);
        }
        streams.values_mut().for_each(|commits| commits.sort_by_key(|commit| commit.version));
        let mut rows = BTreeMap::new();
        for stream in streams.keys() {
            let views: &[&str] = match stream.context() {
                "order" => &[OrderSummary::NAME, OrderDetails::NAME],
                "inventory" => &[Stock::NAME],
                "fulfilment" => &[ProcessBoard::NAME],
                "shipment" => &[ShipmentTracking::NAME],
                _ => &[],
            };
            for view in views {
                let key = RowKey { view: (*view).to_owned(), id: stream.id().to_owned() };
                if let Some(row) = client.views.get(&key).await? {
                    rows.insert(key, row);
                }
            }
        }
        let days: BTreeSet<String> = streams.values().flatten().map(|commit| day_of(commit.at)).collect();
        for (view, day) in days.iter().flat_map(|day| [(SalesByMinute::NAME, day), (ProductsByDay::NAME, day)]) {
            let mut page = Page::default();
            loop {
                let listed = client.views.list(view, day, &page).await?;
                let key = |id| RowKey { view: view.to_owned(), id };
                rows.extend(listed.rows.into_iter().map(|(id, row)| (key(id), row)));
                match listed.next {
                    Some(next) => page.after = Some(next),
                    None => break,
                }
            }
        }
        let mut mails = Vec::new();
        for order in expected.lines.keys() {
            let to = address_of(order);
            for mail in client.mails_to(&to).await? {
                let subject = mail.pointer("/Content/Simple/Subject/Data").and_then(Value::as_str).unwrap_or_default();
                mails.push(SentMail { to: to.clone(), subject: subject.to_owned() });
            }
        }
        Ok(Self { expected, snapshot: Snapshot { streams, rows, mails } })
    }

    /// Checks all invariants, and that the shop took what was put.
    pub fn check(&self) -> Vec<Verdict> {
        let mut verdicts = vec![
            Verdict::new("every order was placed once as it was put, and no other", self.check_placed()),
            Verdict::new("all stock that was put came in once", self.check_received()),
            Verdict::new("only late orders need an operator, and they are cancelled", self.check_late()),
            Verdict::new("no e-mail failed", self.check_failed_mails()),
        ];
        verdicts.extend(self.snapshot.check());
        verdicts
    }

    fn check_placed(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (order, expected) in &self.expected.lines {
            let placed =
                self.snapshot.events::<OrderEvent>("order", order).into_iter().filter_map(|event| match event {
                    OrderEvent::OrderPlaced(placed) => Some(placed),
                    _ => None,
                });
            let placed: Vec<(Lines, Option<String>)> = placed
                .map(|it| {
                    let lines = it.lines.iter().map(|line| (line.sku.to_string(), line.quantity.get().into()));
                    (lines.collect(), it.contact_email.map(|to| to.to_string()))
                })
                .collect();
            if placed != [(expected.clone(), Some(address_of(order)))] {
                breaches.push(format!("{order} was put with {expected:?}, and placed with {placed:?}"));
            }
        }
        let orders = self.snapshot.streams.keys().filter(|stream| stream.context() == "order");
        let others = orders.filter(|stream| !self.expected.lines.contains_key(stream.id()));
        breaches.extend(others.map(|stream| format!("{stream} was never put")));
        breaches
    }

    fn check_received(&self) -> Vec<String> {
        let counts = self.expected.stock.iter().map(|(sku, put)| (sku, *put, self.snapshot.stock(sku).received));
        counts
            .filter(|(_, put, received)| put != received)
            .map(|(sku, put, received)| format!("inventory/{sku}: {put} put, {received} received"))
            .collect()
    }

    /// When a deadline passes, the order is cancelled; if its stages are not undone in time, an operator has to decide.
    /// It is cancelled and holds nothing also then. Nobody but the clock cancels an order, and never a confirmed one.
    fn check_late(&self) -> Vec<String> {
        let held = self.snapshot.held();
        let mut breaches = Vec::new();
        for order in self.expected.lines.keys() {
            let events = self.snapshot.events::<OrderEvent>("order", order);
            let needs_operator = self.snapshot.endings(order) == [Ending::NeedsOperator];
            let is_cancelled = matches!(events.last(), Some(OrderEvent::OrderCancelled(_)));
            let as_late = self.snapshot.is_late(order) && is_cancelled && !held.contains_key(order);
            if (needs_operator || (is_cancelled && self.snapshot.was_confirmed(order))) && !as_late {
                breaches.push(format!("{order} was {events:?}, and holds {:?}", held.get(order)));
            }
        }
        breaches
    }

    fn check_failed_mails(&self) -> Vec<String> {
        let outcomes = self.snapshot.of_context::<NotificationEvent>("notification").into_iter();
        let failed = outcomes.flat_map(|(_, events)| events).filter_map(|recorded| match recorded.event {
            NotificationEvent::EmailFailed(failed) if failed.reason != UNKNOWN => Some(failed),
            _ => None,
        });
        let about =
            |failed: &EmailFailed| failed.order_id.as_ref().map_or("no order", |order| order.as_str()).to_owned();
        failed.map(|failed| format!("{}: {}", about(&failed), failed.reason)).collect()
    }

    /// The numbers of completed and of cancelled orders.
    pub fn ended(&self) -> (usize, usize) {
        let orders = self.snapshot.streams.keys().filter(|stream| stream.context() == "order");
        let statuses: Vec<OrderStatus> = orders.filter_map(|order| self.snapshot.order_status(order.id())).collect();
        let count = |status| statuses.iter().filter(|it| **it == status).count();
        (count(OrderStatus::Completed), count(OrderStatus::Cancelled))
    }
}
