//! The bill: counts times prices, in four parts: per order, monthly storage of a million orders, monthly in months with
//! orders, and monthly without any. The fixed costs are counted in the template: alarms, dashboards, keys.

use std::collections::BTreeMap;

use causeway_local::template::Stack;
use serde::Serialize;
use serde_json::Value;

use super::{
    measure::Measured,
    meter::Counted,
    options::Cost,
    prices::{Item, Prices},
};

/// The number of orders that the bill is for.
const MILLION: f64 = 1_000_000.0;
const DAYS_A_MONTH: f64 = 30.0;

const GIGABYTE: f64 = 1024.0 * 1024.0 * 1024.0;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    pub(super) service: &'static str,
    pub(super) what: String,
    /// In units, for one order or for a month.
    pub(super) amount: f64,
    pub(super) unit: String,
    pub(super) item: Item,
    /// For a million orders or for a month.
    pub(super) dollars: f64,
    /// The factor from the amount to what the dollars are for.
    #[serde(skip)]
    times: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bill {
    pub(super) region: String,
    /// Per order.
    pub(super) orders: Vec<Line>,
    /// Monthly, for the storage of a million orders.
    pub(super) kept: Vec<Line>,
    /// Monthly, in months with orders.
    pub(super) busy: Vec<Line>,
    /// Monthly, without any orders.
    pub(super) idle: Vec<Line>,
}

struct Pricing<'p> {
    prices: &'p Prices,
    args: &'p Cost,
    stack: &'p Stack,
}

impl Bill {
    pub(super) fn of(measured: &Measured, prices: &Prices, args: &Cost) -> Self {
        let pricing = Pricing { prices, args, stack: &measured.stack };
        let many = f64::from(args.orders);
        let mut bill = Self {
            region: prices.region.clone(),
            orders: pricing.usage(&measured.orders, many, MILLION),
            kept: pricing.kept(measured, MILLION / many),
            busy: busy(&pricing, &measured.stack, &measured.orders),
            idle: idle(&pricing, &measured.stack),
        };
        bill.idle.extend(pricing.usage(&measured.idle, 1.0 / DAYS_A_MONTH, 1.0));
        if args.free_tier {
            bill.subtract_free_tier(prices);
        }
        bill
    }

    /// The sum of these lines in dollars.
    pub(super) fn total(lines: &[Line]) -> f64 {
        lines.iter().map(|line| line.dollars).sum()
    }

    fn subtract_free_tier(&mut self, prices: &Prices) {
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

impl Pricing<'_> {
    /// A line; lines with the amount 0 are kept, because 0 is a result, too.
    fn line(&self, service: &'static str, what: impl Into<String>, item: Item, amount: f64, times: f64) -> Line {
        let price = self.prices.of.get(&item);
        let unit = price.map(|price| price.unit.clone()).unwrap_or_default();
        let dollars = price.map_or(0.0, |price| amount * times * price.of_one());
        Line { service, what: what.into(), amount, unit, item, dollars, times }
    }

    /// The lines for what was used, divided by `among`.
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

    /// 1 if this parameter is given and not empty, else 0.
    fn given(&self, parameter: &str) -> f64 {
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

    /// The monthly lines for storage, when `times` as many orders were placed.
    fn kept(&self, measured: &Measured, times: f64) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut recoverable = 0.0;
        for table in &self.stack.tables {
            let Some(bytes) = measured.left.get(&table.name) else { continue };
            let gigabytes = *bytes as f64 * times / GIGABYTE;
            let short = table.name.rsplit('-').next().unwrap_or(&table.name);
            let until = if table.expiry_attribute.is_some() { ", until it expires" } else { "" };
            lines.push(self.line("DynamoDB", format!("{short}{until}"), Item::TableStorage, gigabytes, 1.0));
            recoverable += if table.is_recoverable { gigabytes } else { 0.0 };
        }
        lines.push(self.line("DynamoDB", "recovery to any second", Item::TableRecovery, recoverable, 1.0));
        let logged = measured.orders.function_runs() as f64 * f64::from(self.args.log_bytes) * times / GIGABYTE;
        let days = log_days(self.stack);
        lines.push(self.line("CloudWatch", format!("lines (assumed), for {days} days"), Item::LogStorage, logged, 1.0));
        for archive in &self.stack.archives {
            let gigabytes = measured.orders.event_bytes as f64 * times / GIGABYTE;
            let days = match archive.retention_days {
                0 => "ever".to_owned(),
                days => format!("{days} days"),
            };
            lines.push(self.line("EventBridge", format!("archive, for {days}"), Item::ArchiveStorage, gigabytes, 1.0));
        }
        lines
    }
}

/// The parameter with the ARN of a customer managed key.
const KEY: &str = "KeyArn";

/// The metrics of a function that uses tables: requests, read units, write units.
const OF_TABLES: usize = 3;

/// The fixed monthly costs, without any orders: alarms, dashboards, keys.
fn idle(pricing: &Pricing<'_>, stack: &Stack) -> Vec<Line> {
    let direct: usize = alarms(stack).map(metrics_named).sum();
    let mut lines = vec![
        pricing.line("CloudWatch", "alarms on one metric", Item::AlarmMetrics, direct as f64, 1.0),
        pricing.line("CloudWatch", "dashboards", Item::Dashboards, of_kind(stack, "AWS::CloudWatch::Dashboard"), 1.0),
    ];
    let keys = of_kind(stack, "AWS::KMS::Key") + pricing.given(KEY);
    if keys > 0.0 {
        lines.push(pricing.line("KMS", "keys of your own", Item::Keys, keys, 1.0));
    }
    lines
}

/// The further monthly costs in a month with orders. A metrics query of an alarm sees the metrics of functions that ran.
fn busy(pricing: &Pricing<'_>, stack: &Stack, counted: &Counted) -> Vec<Line> {
    let ran = counted.functions.len();
    let by_rule = counted.functions.values().filter(|runs| runs.records == 0).count();
    let looked_at: usize =
        alarms(stack).flat_map(queries).map(|query| if query.contains("\"AWS/Events\"") { by_rule } else { ran }).sum();
    let own: usize = counted
        .functions
        .iter()
        .map(|(name, runs)| {
            let calls = counted.calls.get(name).into_iter().flat_map(|calls| calls.keys());
            let asks_tables = calls.into_iter().any(|call| is_of_tables(call));
            // One per outcome, and the age of the message.
            runs.outcomes.len() + 1 + if asks_tables { OF_TABLES } else { 0 }
        })
        .sum();
    vec![
        pricing.line("CloudWatch", "metrics that query alarms see", Item::AlarmMetrics, looked_at as f64, 1.0),
        pricing.line("CloudWatch", "metrics of our own", Item::CustomMetrics, own as f64, 1.0),
    ]
}

/// The longest retention of a log group, in days.
fn log_days(stack: &Stack) -> u64 {
    let groups = stack.documents.iter().filter(|document| document.kind == "AWS::Logs::LogGroup");
    let days = groups.filter_map(|group| number(&group.properties["RetentionInDays"]));
    days.max().unwrap_or_default()
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn of_kind(stack: &Stack, kind: &str) -> f64 {
    stack.documents.iter().filter(|document| document.kind == kind).count() as f64
}

fn alarms(stack: &Stack) -> impl Iterator<Item = &Value> {
    let alarms = stack.documents.iter().filter(|document| document.kind == "AWS::CloudWatch::Alarm");
    alarms.map(|alarm| &alarm.properties)
}

/// The number of metrics that an alarm names itself.
fn metrics_named(alarm: &Value) -> usize {
    match alarm["Metrics"].as_array() {
        None => 1,
        Some(metrics) => metrics.iter().filter(|metric| metric["MetricStat"].is_object()).count(),
    }
}

/// The metrics queries of an alarm.
fn queries(alarm: &Value) -> impl Iterator<Item = &str> {
    let metrics = alarm["Metrics"].as_array().into_iter().flatten();
    metrics.filter_map(|metric| metric["Expression"].as_str()).filter(|query| query.starts_with("SELECT"))
}

fn is_of_tables(call: &str) -> bool {
    call.ends_with("Item") || call.ends_with("Items") || call == "Query"
}
