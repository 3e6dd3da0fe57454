//! What is there at the end: the whole log, stream by stream, the rows of the views and the mails, read through the port.

use std::collections::BTreeMap;

use causeway::{
    StreamId, View,
    log::commit::{Commit, Recorded},
    message::contract::Messages,
    view::view_store::{Row, RowKey, ViewStore as _},
};
use causeway_aws::dynamo::commit_of;
use domain::{
    fulfilment::ProcessBoard,
    inventory::Stock,
    order::{OrderDetails, OrderEvent, OrderSummary},
};
use serde_json::Value;

use super::{
    client::{Client, EVENTS},
    orders::{Orders, address_of},
};

/// Everything.
pub(super) struct FinalState {
    pub(super) wanted: Orders,
    /// The commits by stream, in the order of their versions.
    pub(super) streams: BTreeMap<StreamId, Vec<Commit>>,
    pub(super) rows: BTreeMap<RowKey, Row>,
    /// The mails by order.
    pub(super) mails: BTreeMap<String, Vec<Value>>,
}

impl FinalState {
    pub(super) async fn read(client: &Client, wanted: Orders) -> anyhow::Result<Self> {
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
                _ => &[],
            };
            for view in views {
                let key = RowKey { view: (*view).to_owned(), id: stream.id().to_owned() };
                if let Some(row) = client.views.get(&key).await? {
                    rows.insert(key, row);
                }
            }
        }
        let mut mails = BTreeMap::new();
        for order in wanted.lines.keys() {
            mails.insert(order.clone(), client.mails_to(&address_of(order)).await?);
        }
        Ok(Self { wanted, streams, rows, mails })
    }

    pub(super) fn commits(&self) -> usize {
        self.streams.values().map(Vec::len).sum()
    }

    /// The streams of a context with their events. What cannot be read is an event less, and the checks will miss it.
    pub(super) fn of_context<E: Messages>(&self, context: &str) -> Vec<(&StreamId, Vec<Recorded<E>>)> {
        let streams = self.streams.iter().filter(|(stream, _)| stream.context() == context);
        streams
            .map(|(stream, commits)| {
                let events = commits.iter().flat_map(|commit| commit.recorded::<E>().unwrap_or_default());
                (stream, events.collect())
            })
            .collect()
    }

    /// The events of one stream.
    pub(super) fn events<E: Messages>(&self, context: &str, id: &str) -> Vec<E> {
        let streams = self.streams.iter().filter(|(stream, _)| stream.context() == context && stream.id() == id);
        let commits = streams.flat_map(|(_, commits)| commits);
        commits.flat_map(|commit| commit.decode::<E>().unwrap_or_default()).collect()
    }

    /// How many orders are confirmed, and how many cancelled.
    pub(super) fn ended(&self) -> (usize, usize) {
        let (mut confirmed, mut cancelled) = (0, 0);
        for (_, events) in self.of_context::<OrderEvent>("order") {
            match events.last().map(|recorded| &recorded.event) {
                Some(OrderEvent::OrderConfirmed(_)) => confirmed += 1,
                Some(OrderEvent::OrderCancelled(_)) => cancelled += 1,
                _ => {}
            }
        }
        (confirmed, cancelled)
    }
}
