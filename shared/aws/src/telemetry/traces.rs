//! OpenTelemetry traces: one span per message, in the trace of the message that caused it, exported to a collector. They
//! need the feature `otel` and a configured collector; without either, no span is made and metadata stays unchanged.

#[cfg(not(feature = "otel"))]
mod disabled;
#[cfg(feature = "otel")]
mod enabled;
pub mod settings;

use self::settings::Settings;
use causeway::{App, delivery::input::HandlerInput, routing::Handler};

#[cfg(not(feature = "otel"))]
use self::disabled as implementation;
#[cfg(feature = "otel")]
use self::enabled as implementation;

pub use self::implementation::Traces;
pub(crate) use self::{
    implementation::{continue_trace, link, record_outcome, relay_span},
    settings::{BoxedLayer, NOT_LOGGED, TracesError},
};

/// Starts traces if the environment configures a collector. The first export connects to it.
pub(crate) fn begin(
    function: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<(Traces, BoxedLayer)>, TracesError> {
    match Settings::read(function, lookup)? {
        Some(settings) => Traces::begin(function, &settings).map(Some),
        None => Ok(None),
    }
}

/// Wraps a handler so that its messages carry the current span in their metadata. Commits take the metadata over, so that
/// the events that the relay publishes continue the trace.
pub(crate) fn traced<A: HandlerInput, H: Handler<A>>(handler: &H) -> impl Handler<A> + use<A, H> {
    let handler = handler.clone();
    move |app: App, mut input: A| {
        if let Some(traceparent) = implementation::traceparent() {
            input.metadata().traceparent = Some(traceparent);
        }
        handler.call(app, input)
    }
}

#[cfg(test)]
mod tests;
