//! What a function tells of itself: metrics in the log (EMF), the log's lines as JSON, and traces where they are wanted.
//! All is told when an invocation ends, before the environment may freeze.

pub mod traces;

use causeway::{Handled, Outcome};
use jiff::SignedDuration;
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing::{level_filters::LevelFilter, warn};
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    capacity::Usage,
    telemetry::traces::{BoxedLayer, Traces},
};

/// The metrics of one process.
#[derive(Clone, Copy)]
pub struct Metrics {
    collector: &'static Collector,
}

/// Metrics that cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the metrics were not begun: {reason}")]
pub struct MetricsError {
    reason: String,
}

impl Metrics {
    /// Begins to count, once in a process.
    pub fn begin(namespace: &str, function: &str) -> Result<Self, MetricsError> {
        let builder = Builder::new().cloudwatch_namespace(namespace.to_owned());
        let builder = builder.with_dimension("function", function.to_owned());
        let collector = builder.init().map_err(|error| MetricsError { reason: error.to_string() })?;
        for (name, meaning) in COUNTERS {
            describe_counter!(name, Unit::Count, meaning);
        }
        describe_histogram!("event_age", Unit::Milliseconds, "from the fact to its handling");
        Ok(Self { collector })
    }

    /// Writes what was counted since the last time.
    pub fn report(&self, spent: Usage) {
        if let Err(error) = self.report_to(std::io::stdout(), spent) {
            warn!(%error, "the metrics were not written");
        }
    }

    fn report_to(&self, writer: impl std::io::Write, spent: Usage) -> std::io::Result<()> {
        if spent.requests > 0 {
            counter!("requests").increment(spent.requests);
            histogram!("read_units").record(spent.read_units);
            histogram!("write_units").record(spent.write_units);
        }
        self.collector.flush(writer)
    }
}

/// Where the Lambda runtime logs what a function answers.
const RUNTIME_PANIC_LOG: &str = "lambda_runtime::layers::panic";

/// What is counted, and what it means.
const COUNTERS: [(&str, &str); 8] = [
    ("handled", "messages that had their effect"),
    ("duplicate", "messages that had had their effect before"),
    ("rejected", "messages to which a rule said no"),
    ("buried", "messages kept with the dead letters"),
    ("retried", "messages to be tried again"),
    ("relayed", "commits that are said on the bus"),
    ("not_relayed", "commits to be said again"),
    ("requests", "calls to the tables"),
];

/// Counts a message that was heard, and how old it was.
pub(crate) fn record_handled(outcome: &Outcome, age: Option<SignedDuration>) {
    let name = match outcome {
        Ok(Handled::Done) => "handled",
        Ok(Handled::Duplicate) => "duplicate",
        Ok(Handled::Rejected) => "rejected",
        Ok(Handled::DeadLettered) => "buried",
        Err(_) => "retried",
    };
    counter!(name).increment(1);
    record_age(age);
}

/// Counts the commits that the relay had in hand, and how old the oldest was.
pub(crate) fn record_relayed(out: u64, held_back: u64, oldest: Option<SignedDuration>) {
    counter!("relayed").increment(out);
    counter!("not_relayed").increment(held_back);
    record_age(oldest);
}

/// Clocks differ: what seems to come from the future has no age.
fn record_age(age: Option<SignedDuration>) {
    if let Some(age) = age {
        histogram!("event_age").record(age.as_millis_f64().max(0.0));
    }
}

/// Begins the log: JSON unless Lambda is told to write text, at the level Lambda is told; and beside it the traces, if
/// a collector is named. Traces are never worth a message: what is wrong with them is said, and the function starts.
pub fn init_logging(function: &str) -> Traces {
    let told = |variable: &str| std::env::var(variable).unwrap_or_default();
    let level = match told("AWS_LAMBDA_LOG_LEVEL").to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    // The runtime says every failure again, without the ids that ours has.
    let wanted = Targets::new().with_default(level).with_target(RUNTIME_PANIC_LOG, LevelFilter::OFF);
    let wanted = wanted.with_target(traces::NOT_LOGGED, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_ansi(false);
    let lines = if told("AWS_LAMBDA_LOG_FORMAT").eq_ignore_ascii_case("text") {
        lines.with_filter(wanted).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).with_filter(wanted).boxed()
    };
    let (traces, spans, wrong) = match traces::begin(function, |variable| std::env::var(variable).ok()) {
        Ok(Some((traces, spans))) => (traces, Some(spans), None),
        Ok(None) => (Traces::default(), None, None),
        Err(error) => (Traces::default(), None, Some(error)),
    };
    let layers: Vec<BoxedLayer> = spans.into_iter().chain([lines]).collect();
    if tracing_subscriber::registry().with(layers).try_init().is_err() {
        warn!("the log had begun before");
    }
    if let Some(error) = wrong {
        warn!(%error, "no traces");
    }
    traces
}

#[cfg(test)]
mod tests;
