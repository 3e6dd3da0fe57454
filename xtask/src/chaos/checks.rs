//! What must hold when it is over: of the log, of each order with its fulfilment, of the views.

use std::{collections::BTreeSet, fmt};

use causeway::{
    View,
    log::event_store::check_contiguous,
    view::view_store::{Row, RowKey},
};
use domain::{
    fulfilment::{FulfilmentEvent, ProcessBoard},
    inventory::{InventoryEvent, Stock},
    notification::NotificationEvent,
    order::{OrderDetails, OrderEvent, OrderSummary},
    stock_report::StockReportEvent,
};

use super::{final_state::FinalState, mails, stock_invariants};

/// So much of what does not hold is shown.
const SHOWN: usize = 10;

/// So a fulfilment begins to say that its deadline has passed.
const TOO_LATE: &str = "it took longer than ";

/// One thing that must hold, and what breaks it.
pub(super) struct Verdict {
    what: &'static str,
    broken: Vec<String>,
}

impl Verdict {
    pub(super) fn of(what: &'static str, broken: Vec<String>) -> Self {
        Self { what, broken }
    }

    pub(super) fn holds(&self) -> bool {
        self.broken.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.holds() { "passed" } else { "FAILED" };
        write!(formatter, "{word}  {}", self.what)?;
        for broken in self.broken.iter().take(SHOWN) {
            write!(formatter, "\n        {broken}")?;
        }
        match self.broken.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(formatter, "\n        and {more} more"),
        }
    }
}

/// All of them.
pub(super) fn all(end: &FinalState) -> Vec<Verdict> {
    vec![
        Verdict::of("every stream is contiguous, and all of it can be read", streams(end)),
        Verdict::of("no stream handled_at a command twice, and no commit stands twice", commands(end)),
        Verdict::of("every order was placed once, and no other", placed(end)),
        Verdict::of("every order was confirmed or cancelled once, as its fulfilment says", ended(end)),
        Verdict::of("a confirmed order holds each line once, a cancelled one nothing", stock_invariants::holds(end)),
        Verdict::of(
            "received = available + reserved + shipped, in the log as in the view",
            stock_invariants::stock(end),
        ),
        Verdict::of("no buyer got the same mail twice, and what became of it is recorded once", mails::broken(end)),
        Verdict::of("every row is the fold of its stream", views(end)),
    ]
}

fn streams(end: &FinalState) -> Vec<String> {
    let contiguous = end.streams.iter().filter_map(|(stream, commits)| check_contiguous(stream, 1, commits).err());
    let mut broken: Vec<String> = contiguous.map(|error| error.to_string()).collect();
    for commit in end.streams.values().flatten() {
        let read = match commit.stream.context() {
            "order" => commit.decode::<OrderEvent>().err(),
            "inventory" => commit.decode::<InventoryEvent>().err(),
            "fulfilment" => commit.decode::<FulfilmentEvent>().err(),
            "notification" => commit.decode::<NotificationEvent>().err(),
            "stock-report" => commit.decode::<StockReportEvent>().err(),
            context => {
                broken.push(format!("{}: nobody knows the context {context}", commit.stream));
                None
            }
        };
        broken.extend(read.map(|error| format!("{} at {}: {error}", commit.stream, commit.version)));
    }
    broken
}

fn commands(end: &FinalState) -> Vec<String> {
    let (mut handled_at, mut ids, mut broken) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for commit in end.streams.values().flatten() {
        if !handled_at.insert((&commit.stream, commit.command.as_str())) {
            broken.push(format!("{} handled_at {} twice", commit.stream, commit.command));
        }
        if !ids.insert(commit.id.uuid()) {
            broken.push(format!("the commit {} stands twice", commit.id.uuid()));
        }
    }
    broken
}

fn placed(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    for order in end.wanted.lines.keys() {
        let events = end.events::<OrderEvent>("order", order);
        let placed = events.iter().filter(|event| matches!(event, OrderEvent::OrderPlaced(_))).count();
        if placed != 1 {
            broken.push(format!("{order} was placed {placed} times"));
        }
    }
    let orders = end.of_context::<OrderEvent>("order");
    let others = orders.iter().filter(|(stream, _)| !end.wanted.lines.contains_key(stream.id()));
    broken.extend(others.map(|(stream, _)| format!("nobody put {stream}")));
    broken
}

fn ended(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    for order in end.wanted.lines.keys() {
        let ends = end.events::<OrderEvent>("order", order).into_iter().filter_map(|event| match event {
            OrderEvent::OrderConfirmed(_) => Some("confirmed"),
            OrderEvent::OrderCancelled(_) => Some("cancelled"),
            _ => None,
        });
        let fulfilment =
            end.events::<FulfilmentEvent>("fulfilment", order).into_iter().filter_map(|event| match event {
                FulfilmentEvent::FulfilmentCompleted(_) => Some("confirmed"),
                FulfilmentEvent::FulfilmentCompensated(_) => Some("cancelled"),
                FulfilmentEvent::FulfilmentNeedsOperator(_) => Some("left to an operator"),
                _ => None,
            });
        let (ends, fulfilment): (Vec<&str>, Vec<&str>) = (ends.collect(), fulfilment.collect());
        let is_as_told = match (ends.as_slice(), fulfilment.as_slice()) {
            (["confirmed"], ["confirmed"]) | (["cancelled"], ["cancelled"]) => true,
            // Where so much is killed that the deadline passes first, what was just confirmed is taken back, and
            // whoever cannot take it back in time asks for help.
            (["cancelled"] | ["confirmed", "cancelled"], ["cancelled" | "left to an operator"]) => is_late(end, order),
            _ => false,
        };
        if !is_as_told {
            broken.push(format!("{order} was {ends:?}, and its fulfilment ended {fulfilment:?}"));
        }
    }
    broken
}

fn is_late(end: &FinalState, order: &str) -> bool {
    end.events::<FulfilmentEvent>("fulfilment", order).into_iter().any(|event| match event {
        FulfilmentEvent::FulfilmentCompensating(compensating) => compensating.reason.starts_with(TOO_LATE),
        _ => false,
    })
}

fn views(end: &FinalState) -> Vec<String> {
    let mut broken = compare::<OrderSummary>(end, "order");
    broken.extend(compare::<OrderDetails>(end, "order"));
    broken.extend(compare::<Stock>(end, "inventory"));
    broken.extend(compare::<ProcessBoard>(end, "fulfilment"));
    broken
}

fn compare<V: View>(end: &FinalState, context: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for (stream, events) in end.of_context::<V::Event>(context) {
        let mut folded = Row::default();
        for event in &events {
            folded.apply(event.version, V::patch(stream, event));
        }
        let key = RowKey { view: V::NAME.to_owned(), id: stream.id().to_owned() };
        let row = end.rows.get(&key).cloned().unwrap_or_default();
        if row != folded {
            broken.push(format!("{key} is {row:?}, and the log says {folded:?}"));
        }
    }
    broken
}
