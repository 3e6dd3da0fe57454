//! The bill: counts times prices, in four parts. What every order costs, what a million of them leave behind, what is
//! due in every month in which orders come, and what is due although nobody comes.

use std::collections::BTreeMap;

use causeway_local::template::Stack;
use serde::Serialize;

use super::{
    Cost,
    counted::Counted,
    fixed,
    play::Played,
    prices::{Item, Prices},
};

/// The bill is for so many orders.
pub(super) const MILLION: f64 = 1_000_000.0;

/// A gigabyte, as it is billed.
const GIGABYTE: f64 = 1024.0 * 1024.0 * 1024.0;

/// One line of the bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    /// Which service writes it.
    pub(super) service: &'static str,
    /// For what.
    pub(super) what: String,
    /// How much: for one order, or for a month.
    pub(super) amount: f64,
    /// Of what.
    pub(super) unit: String,
    /// What has the price.
    pub(super) item: Item,
    /// What it costs: a million orders, or a month.
    pub(super) dollars: f64,
    /// For how many times the amount that is.
    #[serde(skip)]
    pub(super) times: f64,
}

/// The whole bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bill {
    /// The region.
    pub(super) region: String,
    /// For every order.
    pub(super) orders: Vec<Line>,
    /// For what a million orders leave behind, in every month after.
    pub(super) kept: Vec<Line>,
    /// In every month in which orders come.
    pub(super) busy: Vec<Line>,
    /// In a month in which nobody comes.
    pub(super) idle: Vec<Line>,
}

/// What all lines are made with.
pub(super) struct Pen<'p> {
    prices: &'p Prices,
    args: &'p Cost,
    stack: &'p Stack,
}

impl Bill {
    /// The bill for what was played.
    pub(super) fn of(played: &Played, prices: &Prices, args: &Cost) -> Self {
        let pen = Pen { prices, args, stack: &played.stack };
        let many = f64::from(args.orders);
        let mut bill = Self {
            region: prices.region.clone(),
            orders: pen.usage(&played.orders, many, MILLION),
            kept: pen.kept(played, MILLION / many),
            busy: fixed::busy(&pen, &played.stack, &played.orders),
            idle: fixed::idle(&pen, &played.stack),
        };
        bill.idle.extend(pen.usage(&played.idle, 1.0, 1.0));
        if args.free_tier {
            bill.take_what_is_free(prices);
        }
        bill
    }

    /// What these lines cost together.
    pub(super) fn total(lines: &[Line]) -> f64 {
        lines.iter().map(|line| line.dollars).sum()
    }

    fn take_what_is_free(&mut self, prices: &Prices) {
        let mut left: BTreeMap<Item, f64> = prices.of.iter().map(|(item, price)| (*item, price.free)).collect();
        let lines = [&mut self.idle, &mut self.busy, &mut self.kept, &mut self.orders];
        for line in lines.into_iter().flatten() {
            let (Some(left), Some(price)) = (left.get_mut(&line.item), prices.of.get(&line.item)) else { continue };
            let all = line.amount * line.times;
            let free = all.min(*left);
            *left -= free;
            line.dollars = (all - free) * price.of_one();
        }
    }
}

impl Pen<'_> {
    /// A line; one with nothing in it is written all the same, because nothing is a count, too.
    pub(super) fn line(
        &self,
        service: &'static str,
        what: impl Into<String>,
        item: Item,
        amount: f64,
        times: f64,
    ) -> Line {
        let price = self.prices.of.get(&item);
        let unit = price.map(|price| price.unit.clone()).unwrap_or_default();
        let dollars = price.map_or(0.0, |price| amount * times * price.of_one());
        Line { service, what: what.into(), amount, unit, item, dollars, times }
    }

    /// What was used, divided among so many.
    fn usage(&self, counted: &Counted, among: f64, times: f64) -> Vec<Line> {
        let line = |service, what: &str, item, amount: f64| self.line(service, what, item, amount / among, times);
        let mut lines = vec![line("EventBridge", "events put", Item::BusEvents, counted.event_chunks as f64)];
        if !self.stack.archives.is_empty() {
            let gigabytes = counted.event_bytes as f64 / GIGABYTE;
            lines.push(line("EventBridge", "events archived", Item::ArchiveProcessing, gigabytes));
        }
        lines.push(line("Scheduler", "timers that fire", Item::TimersFired, counted.timers_left.max(0) as f64));
        let requests = counted.function_requests() as f64;
        lines.push(line("Lambda", "requests", Item::FunctionRequests, requests));
        lines.push(line("Lambda", "time (assumed)", self.function_seconds(), self.gigabyte_seconds(counted)));
        for (table, units) in &counted.tables {
            let table = table.rsplit('-').next().unwrap_or(table);
            lines.push(line("DynamoDB", &format!("written to {table}"), Item::WriteUnits, units.writes));
            lines.push(line("DynamoDB", &format!("read from {table}"), Item::ReadUnits, units.reads));
        }
        lines.push(line("SQS", "requests", Item::QueueRequests, counted.queue_calls() as f64));
        lines.push(line("SES", "mails", Item::Mails, counted.calls_of("SendEmail") as f64));
        let logged = counted.function_runs() as f64 * f64::from(self.args.log_bytes) / GIGABYTE;
        lines.push(line("CloudWatch", "lines logged (assumed)", Item::LogIngestion, logged));
        lines
    }

    /// One, if this parameter is given and says something.
    pub(super) fn given(&self, parameter: &str) -> f64 {
        let is_given = |(name, value): &(String, String)| name == parameter && !value.is_empty();
        f64::from(u8::from(self.args.parameters.iter().any(is_given)))
    }

    fn function_seconds(&self) -> Item {
        let is_x86 = |(name, value): &(String, String)| name == "Architecture" && value == "x86_64";
        if self.args.parameters.iter().any(is_x86) { Item::FunctionSecondsX86 } else { Item::FunctionSecondsArm }
    }

    fn gigabyte_seconds(&self, counted: &Counted) -> f64 {
        let seconds = f64::from(self.args.duration_ms) / 1000.0;
        let of = |name: &str| self.stack.functions.iter().find(|function| function.binary.as_deref() == Some(name));
        let runs = counted.functions.iter().map(|(name, runs)| {
            let megabytes = of(name).map_or(0, |function| function.memory_megabytes);
            runs.billed() as f64 * seconds * f64::from(megabytes) / 1024.0
        });
        runs.sum()
    }

    /// What is left, for a month, once so many times as many orders were played.
    fn kept(&self, played: &Played, times: f64) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut recoverable = 0.0;
        for table in &self.stack.tables {
            let Some(bytes) = played.left.get(&table.name) else { continue };
            let gigabytes = *bytes as f64 * times / GIGABYTE;
            let short = table.name.rsplit('-').next().unwrap_or(&table.name);
            let until = if table.expiry_attribute.is_some() { ", until it expires" } else { "" };
            lines.push(self.line("DynamoDB", format!("{short}{until}"), Item::TableStorage, gigabytes, 1.0));
            recoverable += if table.is_recoverable { gigabytes } else { 0.0 };
        }
        lines.push(self.line("DynamoDB", "recovery to any second", Item::TableRecovery, recoverable, 1.0));
        let logged = played.orders.function_runs() as f64 * f64::from(self.args.log_bytes) * times / GIGABYTE;
        let days = fixed::log_days(self.stack);
        lines.push(self.line("CloudWatch", format!("lines (assumed), for {days} days"), Item::LogStorage, logged, 1.0));
        for archive in &self.stack.archives {
            let gigabytes = played.orders.event_bytes as f64 * times / GIGABYTE;
            let days = match archive.retention_days {
                0 => "ever".to_owned(),
                days => format!("{days} days"),
            };
            lines.push(self.line("EventBridge", format!("archive, for {days}"), Item::ArchiveStorage, gigabytes, 1.0));
        }
        lines
    }
}
