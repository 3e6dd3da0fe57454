//! What the environment says of traces, in OpenTelemetry's own words. Without a collector there are none.

use std::time::Duration;

/// How long an answer waits for the collector, unless the environment says so. The usual ten seconds are for
/// background work; here a message waits.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where spans are told, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The collector's address for spans.
    pub endpoint: String,
    /// How long an answer waits for the collector at most.
    pub patience: Duration,
    /// Who tells them, when the environment has no name of its own.
    pub service: Option<String>,
}

/// A variable that says what cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {value:?} and must be {form}")]
pub struct WrongSetting {
    /// The variable.
    pub variable: &'static str,
    /// What it says.
    pub value: String,
    /// What it may say.
    pub form: &'static str,
}

impl Settings {
    /// Reads the variables; nothing when no collector is named or traces are switched off.
    pub fn read(function: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, WrongSetting> {
        let said = |variable: &str| lookup(variable).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty());
        let is = |variable, word: &str| said(variable).is_some_and(|value| value.eq_ignore_ascii_case(word));
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let alone = address("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", said)?;
        let shared = address("OTEL_EXPORTER_OTLP_ENDPOINT", said)?;
        // What is named for all signals has a path for each of them.
        let shared = shared.map(|address| format!("{}/v1/traces", address.trim_end_matches('/')));
        let Some(endpoint) = alone.or(shared) else { return Ok(None) };
        let alone = milliseconds("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", said)?;
        let shared = milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", said)?;
        let named = said("OTEL_SERVICE_NAME").is_some()
            || said("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|attributes| attributes.contains("service.name="));
        Ok(Some(Self {
            endpoint,
            patience: alone.or(shared).unwrap_or(PATIENCE),
            service: (!named).then(|| function.to_owned()),
        }))
    }
}

fn address(variable: &'static str, said: impl Fn(&str) -> Option<String>) -> Result<Option<String>, WrongSetting> {
    let Some(value) = said(variable) else { return Ok(None) };
    if value.starts_with("http://") || value.starts_with("https://") {
        return Ok(Some(value));
    }
    Err(WrongSetting { variable, value, form: "a URL that begins with http:// or https://" })
}

fn milliseconds(
    variable: &'static str,
    said: impl Fn(&str) -> Option<String>,
) -> Result<Option<Duration>, WrongSetting> {
    let Some(value) = said(variable) else { return Ok(None) };
    match value.parse() {
        Ok(milliseconds) if milliseconds > 0 => Ok(Some(Duration::from_millis(milliseconds))),
        _ => Err(WrongSetting { variable, value, form: "a whole number of milliseconds, at least 1" }),
    }
}
