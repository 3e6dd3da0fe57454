//! The settings of traces, from OpenTelemetry's own environment variables. Without a collector there are no traces.

use std::time::Duration;

use tracing_subscriber::{Layer, Registry};

/// A layer of the log's subscriber.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The target of spans that are for traces only and do not appear in log lines.
pub(crate) const NOT_LOGGED: &str = "traces";

/// The default timeout of an export. OpenTelemetry's default of ten seconds is for background work; here a message waits.
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);

/// Where spans are exported to, and under which service name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The collector's URL for spans.
    pub endpoint: String,
    /// How long an invocation waits for an export at most.
    pub timeout: Duration,
    /// The service name, if the environment sets none.
    pub service: Option<String>,
}

/// A variable with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {value:?} and must be {form}")]
pub struct InvalidSetting {
    /// The name of the variable.
    pub variable: &'static str,
    /// Its value.
    pub value: String,
    /// The valid form.
    pub form: &'static str,
}

/// Traces that are configured and cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// A variable is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidSetting),
    /// The binary is built without traces.
    #[error("the collector {endpoint} is configured, but this binary has no traces: build it with the feature otel")]
    NotBuilt {
        /// The collector's URL.
        endpoint: String,
    },
    /// The exporter rejects the settings.
    #[error("the exporter cannot be built: {reason}")]
    Exporter {
        /// The exporter's error.
        reason: String,
    },
}

impl Settings {
    /// Reads the variables; none if no collector is configured or traces are switched off.
    pub fn read(function: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, InvalidSetting> {
        let value = |variable: &str| lookup(variable).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty());
        let is = |variable, word: &str| value(variable).is_some_and(|value| value.eq_ignore_ascii_case(word));
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let traces = url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value)?;
        let all_signals = url("OTEL_EXPORTER_OTLP_ENDPOINT", value)?;
        let all_signals = all_signals.map(|url| format!("{}/v1/traces", url.trim_end_matches('/')));
        let Some(endpoint) = traces.or(all_signals) else { return Ok(None) };
        let traces = milliseconds("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", value)?;
        let all_signals = milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", value)?;
        let has_name = value("OTEL_SERVICE_NAME").is_some()
            || value("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|attributes| attributes.contains("service.name="));
        Ok(Some(Self {
            endpoint,
            timeout: traces.or(all_signals).unwrap_or(DEFAULT_TIMEOUT),
            service: (!has_name).then(|| function.to_owned()),
        }))
    }
}

fn url(variable: &'static str, lookup: impl Fn(&str) -> Option<String>) -> Result<Option<String>, InvalidSetting> {
    let form = "a URL that begins with http:// or https://";
    match lookup(variable) {
        Some(value) if !value.starts_with("http://") && !value.starts_with("https://") => {
            Err(InvalidSetting { variable, value, form })
        }
        url => Ok(url),
    }
}

fn milliseconds(
    variable: &'static str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<Duration>, InvalidSetting> {
    let Some(value) = lookup(variable) else { return Ok(None) };
    match value.parse() {
        Ok(milliseconds) if milliseconds > 0 => Ok(Some(Duration::from_millis(milliseconds))),
        _ => Err(InvalidSetting { variable, value, form: "a whole number of milliseconds, at least 1" }),
    }
}
