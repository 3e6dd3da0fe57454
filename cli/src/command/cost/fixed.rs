//! What is due however many orders come, counted in the template: alarms by the metrics they look at, dashboards, keys,
//! and the functions' own metrics.

use causeway_local::template::Stack;
use serde_json::Value;

use super::{
    bill::{Line, Pen},
    counted::Counted,
    prices::Item,
};

/// The parameter that names a key of one's own.
const KEY: &str = "KeyArn";

/// A function that asks tables tells of so many metrics more: requests, units read, units written.
const OF_TABLES: usize = 3;

/// What is due in a month in which nobody comes.
pub(super) fn idle(pen: &Pen<'_>, stack: &Stack) -> Vec<Line> {
    let direct: usize = alarms(stack).map(metrics_named).sum();
    let mut lines = vec![
        pen.line("CloudWatch", "alarms on one metric", Item::AlarmMetrics, direct as f64, 1.0),
        pen.line("CloudWatch", "dashboards", Item::Dashboards, of_kind(stack, "AWS::CloudWatch::Dashboard"), 1.0),
    ];
    let keys = of_kind(stack, "AWS::KMS::Key") + pen.given(KEY);
    if keys > 0.0 {
        lines.push(pen.line("KMS", "keys of your own", Item::Keys, keys, 1.0));
    }
    lines
}

/// What is due beside that in a month in which orders come. A query looks at the metrics that are there, and these are
/// there for the functions that ran.
pub(super) fn busy(pen: &Pen<'_>, stack: &Stack, counted: &Counted) -> Vec<Line> {
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
            // How each run ended, and how old its message was.
            runs.outcomes.len() + 1 + if asks_tables { OF_TABLES } else { 0 }
        })
        .sum();
    vec![
        pen.line("CloudWatch", "metrics that query alarms see", Item::AlarmMetrics, looked_at as f64, 1.0),
        pen.line("CloudWatch", "metrics of our own", Item::CustomMetrics, own as f64, 1.0),
    ]
}

/// How many days lines are kept.
pub(super) fn log_days(stack: &Stack) -> u64 {
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

/// How many metrics an alarm names itself.
fn metrics_named(alarm: &Value) -> usize {
    match alarm["Metrics"].as_array() {
        None => 1,
        Some(metrics) => metrics.iter().filter(|metric| metric["MetricStat"].is_object()).count(),
    }
}

/// The queries of an alarm.
fn queries(alarm: &Value) -> impl Iterator<Item = &str> {
    let metrics = alarm["Metrics"].as_array().into_iter().flatten();
    metrics.filter_map(|metric| metric["Expression"].as_str()).filter(|query| query.starts_with("SELECT"))
}

fn is_of_tables(call: &str) -> bool {
    call.ends_with("Item") || call.ends_with("Items") || call == "Query"
}
