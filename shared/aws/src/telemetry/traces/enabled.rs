//! Traces that are told: spans of our own and of the SDK's calls go to a collector at the end of each invocation.

mod collector_client;
mod span_buffer;

use std::{collections::HashMap, sync::Arc, time::Duration};

use causeway::{Failure, Handled, Outcome, failure::causes};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{Status, TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, SpanExporter as _},
};
use tracing::{Metadata, Span, info_span, level_filters::LevelFilter, trace, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn};

#[cfg(test)]
pub(super) use self::span_buffer::MAX_SPANS;
use self::{collector_client::CollectorClient, span_buffer::SpanBuffer};
use super::{BoxedLayer, NOT_LOGGED, TracesError, settings::Settings};

/// The traces of one process; a clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    exporting: Option<Arc<Exporting>>,
}

#[derive(Debug)]
struct Exporting {
    buffer: SpanBuffer,
    exporter: SpanExporter,
    endpoint: String,
    patience: Duration,
    /// Spans end in it as long as it lives.
    _provider: SdkTracerProvider,
}

impl Traces {
    pub(super) fn begin(function: &str, settings: &Settings) -> Result<(Self, BoxedLayer), TracesError> {
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(CollectorClient::new(settings))
            .with_endpoint(&settings.endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(settings.patience)
            // A second try would be at the cost of a message.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| TracesError::Exporter { reason: causes(&error) })?;
        let resource = resource(function, settings);
        exporter.set_resource(&resource);
        let buffer = SpanBuffer::of(function);
        let provider = SdkTracerProvider::builder().with_resource(resource).with_span_processor(buffer.clone()).build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("causeway"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(filter_fn(is_told).with_max_level_hint(LevelFilter::DEBUG))
            .boxed();
        let endpoint = settings.endpoint.clone();
        let exporting = Exporting { buffer, exporter, endpoint, patience: settings.patience, _provider: provider };
        Ok((Self { exporting: Some(Arc::new(exporting)) }, layer))
    }

    /// How many spans wait.
    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        self.exporting.as_ref().map_or(0, |exporting| exporting.buffer.count())
    }

    /// Tells the spans that have ended. A collector that is away or slow costs its patience and the spans, no more.
    pub async fn flush(&self) {
        let Some(exporting) = &self.exporting else { return };
        let (spans, lost) = exporting.buffer.take();
        let (endpoint, count) = (&exporting.endpoint, spans.len());
        if lost > 0 {
            warn!(lost, "one invocation had more spans than are buffer");
        }
        if spans.is_empty() {
            return;
        }
        match tokio::time::timeout(exporting.patience, exporting.exporter.export(spans)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(endpoint, spans = count, reason = causes(&error), "spans were not told"),
            Err(_) => warn!(endpoint, spans = count, patience = ?exporting.patience, "the collector took too long"),
        }
    }
}

/// The span goes on in the trace of the message, from the step that said it.
pub(crate) fn continue_trace(span: &Span, traceparent: Option<&str>, version: Option<u64>) {
    if let Some(parent) = traceparent.and_then(context_of)
        && let Err(error) = span.set_parent(parent)
    {
        // Nothing is traced here.
        trace!(%error, "the trace does not go on");
    }
    if let Some(version) = version.and_then(|version| i64::try_from(version).ok()) {
        span.set_attribute("causeway.version", version);
    }
}

/// The span of the relay: it says what many traces have led to, so it is a trace of its own that names them.
pub(crate) fn relay_span(request_id: &str, records: usize) -> Span {
    info_span!(target: NOT_LOGGED, "relay", request_id, records)
}

/// The current span names the steps whose commits it has in hand.
pub(crate) fn link<'a>(traceparents: impl Iterator<Item = &'a str>) {
    let span = Span::current();
    for context in traceparents.filter_map(context_of) {
        span.add_link(context.span().span_context().clone());
    }
}

/// How the current message went.
pub(crate) fn record_outcome(outcome: &Outcome) {
    let span = Span::current();
    let word = match outcome {
        Ok(Handled::Done) => "done",
        Ok(Handled::Duplicate) => "duplicate",
        Ok(Handled::Rejected) => "rejected",
        Ok(Handled::DeadLettered) => "buried",
        Err(_) => "retried",
    };
    span.set_attribute("causeway.outcome", word);
    match outcome {
        Ok(Handled::DeadLettered) => span.set_status(Status::error("buffer with the dead letters")),
        Err(Failure::Transient(reason) | Failure::Permanent(reason)) => {
            span.set_status(Status::error(causes(reason.as_ref())));
        }
        Ok(_) => {}
    }
}

/// The current span, for what follows from it (W3C).
pub(super) fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let step = context.span().span_context().clone();
    let (trace, span) = (step.trace_id(), step.span_id());
    step.is_valid().then(|| format!("00-{trace}-{span}-{:02x}", step.trace_flags().to_u8()))
}

/// What is no `traceparent` begins no trace and continues none.
fn context_of(traceparent: &str) -> Option<Context> {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    context.has_active_span().then_some(context)
}

/// Messages, the relay's batches, and calls to AWS as a whole: not what the SDK does inside of a call.
fn is_told(metadata: &Metadata<'_>) -> bool {
    let name = metadata.name();
    let ours = metadata.target() == NOT_LOGGED
        || (name == "message" && metadata.target().starts_with(env!("CARGO_CRATE_NAME")));
    metadata.is_span() && (ours || (metadata.target().starts_with("aws_sdk_") && name.contains('.')))
}

/// Who tells: OpenTelemetry's own variables go before what is known here.
fn resource(function: &str, settings: &Settings) -> Resource {
    let known = [("cloud.provider", "aws".to_owned()), ("faas.name", function.to_owned())];
    let resource = Resource::builder_empty().with_attributes(known.map(|(key, value)| KeyValue::new(key, value)));
    let told: Vec<KeyValue> =
        Resource::builder().build().iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let resource = resource.with_attributes(told);
    match settings.service.clone() {
        Some(service) => resource.with_service_name(service).build(),
        None => resource.build(),
    }
}
