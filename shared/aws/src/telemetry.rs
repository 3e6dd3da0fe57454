//! Metrics in CloudWatch's embedded metric format (EMF), JSON log lines, and OpenTelemetry traces. All are written when an
//! invocation ends, before Lambda may freeze the environment.

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

/// Metrics that cannot be collected.
#[derive(Debug, thiserror::Error)]
#[error("cannot collect metrics: {reason}")]
pub struct MetricsError {
    reason: String,
}

impl Metrics {
    /// Installs the collector of this process; a second call fails.
    pub fn begin(namespace: &str, function: &str) -> Result<Self, MetricsError> {
        let builder = Builder::new().cloudwatch_namespace(namespace.to_owned());
        let builder = builder.with_dimension("function", function.to_owned());
        let collector = builder.init().map_err(|error| MetricsError { reason: error.to_string() })?;
        for (name, meaning) in COUNTERS {
            describe_counter!(name, Unit::Count, meaning);
        }
        describe_histogram!("event_age", Unit::Milliseconds, "from the event to its handling");
        Ok(Self { collector })
    }

    /// Writes the metrics collected since the last report, as one line of the log.
    pub fn report(&self, usage: Usage) {
        if let Err(error) = self.report_to(std::io::stdout(), usage) {
            warn!(%error, "cannot write the metrics");
        }
    }

    fn report_to(&self, writer: impl std::io::Write, usage: Usage) -> std::io::Result<()> {
        if usage.requests > 0 {
            counter!("requests").increment(usage.requests);
            histogram!("read_units").record(usage.read_units);
            histogram!("write_units").record(usage.write_units);
        }
        self.collector.flush(writer)
    }
}

/// The target under which the Lambda runtime logs a failed response.
const RUNTIME_PANIC_LOG: &str = "lambda_runtime::layers::panic";

/// The counters and their descriptions.
const COUNTERS: [(&str, &str); 8] = [
    ("handled", "messages handled"),
    ("duplicate", "messages handled before"),
    ("rejected", "commands rejected by a rule"),
    ("buried", "messages dead-lettered"),
    ("retried", "messages that failed and will be retried"),
    ("relayed", "commits published on the bus"),
    ("not_relayed", "commits that will be published again"),
    ("requests", "calls to DynamoDB"),
];

/// Counts a message by its outcome, and records its age.
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

/// Counts the commits of a relay batch, and records the age of the oldest.
pub(crate) fn record_relayed(published: u64, failed: u64, oldest: Option<SignedDuration>) {
    counter!("relayed").increment(published);
    counter!("not_relayed").increment(failed);
    record_age(oldest);
}

/// Clocks differ: an event from the future has age 0.
fn record_age(age: Option<SignedDuration>) {
    if let Some(age) = age {
        histogram!("event_age").record(age.as_millis_f64().max(0.0));
    }
}

/// Initializes the log, in the format and at the level that Lambda is configured for, and traces if a collector is
/// configured. A function with invalid trace settings starts without traces and logs a warning.
pub fn init_logging(function: &str) -> Traces {
    let value = |variable: &str| std::env::var(variable).unwrap_or_default();
    let level = match value("AWS_LAMBDA_LOG_LEVEL").to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    // The runtime logs every failure again, without ids.
    let filter = Targets::new().with_default(level).with_target(RUNTIME_PANIC_LOG, LevelFilter::OFF);
    let filter = filter.with_target(traces::NOT_LOGGED, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().with_target(false).with_ansi(false);
    let lines = if value("AWS_LAMBDA_LOG_FORMAT").eq_ignore_ascii_case("text") {
        lines.with_filter(filter).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed()
    };
    let (traces, spans, error) = match traces::begin(function, |variable| std::env::var(variable).ok()) {
        Ok(Some((traces, spans))) => (traces, Some(spans), None),
        Ok(None) => (Traces::default(), None, None),
        Err(error) => (Traces::default(), None, Some(error)),
    };
    let layers: Vec<BoxedLayer> = spans.into_iter().chain([lines]).collect();
    if tracing_subscriber::registry().with(layers).try_init().is_err() {
        warn!("the log was already initialized");
    }
    if let Some(error) = error {
        warn!(%error, "cannot export traces");
    }
    traces
}

#[cfg(test)]
mod tests;
