//! Traces by OpenTelemetry: a span for each message, in the trace of the message that caused it, told to a collector.
//! Only with the feature `otel`, and only if a collector is named; else no span is made and metadata stays as it came.

#[cfg(not(feature = "otel"))]
mod disabled;
#[cfg(feature = "otel")]
mod enabled;
pub mod settings;

use causeway::{
    App,
    delivery::{handle::Handler, input::HandlerInput},
};
use tracing_subscriber::{Layer, Registry};

use self::settings::{Settings, WrongSetting};

#[cfg(not(feature = "otel"))]
use self::disabled as kind;
#[cfg(feature = "otel")]
use self::enabled as kind;

pub use self::kind::Traces;
pub(crate) use self::kind::{continue_trace, link, record_outcome, relay_span};

/// A layer of the log's subscriber.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The target of spans that are there for traces alone, and not for the log's lines.
pub(crate) const NOT_LOGGED: &str = "traces";

/// Traces that are wanted and cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// A variable is wrong.
    #[error(transparent)]
    Wrong(#[from] WrongSetting),
    /// They are not built in.
    #[error("a collector is named, {endpoint}, but this binary has no traces in it: build it with the feature otel")]
    NotBuilt {
        /// The collector's address.
        endpoint: String,
    },
    /// The exporter does not take what the variables say.
    #[error("the exporter cannot be built: {reason}")]
    Exporter {
        /// What it says.
        reason: String,
    },
}

/// Begins to trace, if the environment names a collector. No connection is made before there is a span to tell.
pub(crate) fn begin(
    function: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<(Traces, BoxedLayer)>, TracesError> {
    match Settings::read(function, lookup)? {
        Some(settings) => Traces::begin(function, &settings).map(Some),
        None => Ok(None),
    }
}

/// The handler as one whose messages stand in the span that handles them: what follows from a message, whoever writes
/// or says it, carries this span on. The log keeps it with the commit, so that the relay says it word for word.
pub(crate) fn traced<A: HandlerInput, H: Handler<A>>(handler: &H) -> impl Handler<A> + use<A, H> {
    let handler = handler.clone();
    move |app: App, mut arrival: A| {
        if let Some(traceparent) = kind::traceparent() {
            arrival.metadata().traceparent = Some(traceparent);
        }
        handler.call(app, arrival)
    }
}

#[cfg(test)]
mod tests;
