//! Traces in a binary with the feature `otel`: the spans of messages and of SDK calls are buffered, and exported to a
//! collector by OTLP at the end of each invocation.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use causeway::{Failure, Handled, Outcome, failure::causes};
use opentelemetry::{
    Context, KeyValue,
    propagation::TextMapPropagator,
    trace::{SpanKind, Status, TraceContextExt, TracerProvider},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, SpanData, SpanExporter as _, SpanProcessor},
};
use tracing::{Metadata, Span, info_span, level_filters::LevelFilter, trace, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn};

use super::settings::{BoxedLayer, NOT_LOGGED, Settings, TracesError};

/// The most spans of one invocation: enough for a batch of a hundred commits with all calls of the relay.
pub(super) const MAX_SPANS: usize = 1_024;

/// The most bytes that are read of a collector's response, which reports how many spans it rejected.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Fields of log lines, with their names as attributes of a span; an empty name drops the field.
const ATTRIBUTE_NAMES: [(&str, &str); 9] = [
    ("event", "causeway.message"),
    ("id", "messaging.message.id"),
    ("stream", "causeway.stream"),
    ("correlation_id", "causeway.correlation_id"),
    ("causation_id", "causeway.causation_id"),
    ("attempt", "causeway.attempt"),
    ("request_id", "faas.invocation_id"),
    ("records", "messaging.batch.message_count"),
    // A number that the SDK makes for its own log lines.
    ("sdk_invocation_id", ""),
];

/// The traces of one process; clones share the buffer.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    exporting: Option<Arc<Exporting>>,
}

#[derive(Debug)]
struct Exporting {
    buffer: SpanBuffer,
    exporter: SpanExporter,
    endpoint: String,
    timeout: Duration,
    /// Kept, because spans are processed only while the provider lives.
    _provider: SdkTracerProvider,
}

impl Traces {
    pub(super) fn begin(function: &str, settings: &Settings) -> Result<(Self, BoxedLayer), TracesError> {
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(CollectorClient::new(settings))
            .with_endpoint(&settings.endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(settings.timeout)
            // A message would wait for the retries.
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(|error| TracesError::Exporter { reason: causes(&error) })?;
        let resource = resource(function, settings);
        exporter.set_resource(&resource);
        let buffer = SpanBuffer { function: function.to_owned(), spans: Arc::default() };
        let provider = SdkTracerProvider::builder().with_resource(resource).with_span_processor(buffer.clone()).build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("causeway"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(filter_fn(is_exported).with_max_level_hint(LevelFilter::DEBUG))
            .boxed();
        let endpoint = settings.endpoint.clone();
        let exporting = Exporting { buffer, exporter, endpoint, timeout: settings.timeout, _provider: provider };
        Ok((Self { exporting: Some(Arc::new(exporting)) }, layer))
    }

    /// The number of buffered spans.
    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        self.exporting.as_ref().map_or(0, |exporting| exporting.buffer.lock().0.len())
    }

    /// Exports the spans that have ended. If the collector fails or is slow, the spans are dropped after the timeout.
    pub async fn flush(&self) {
        let Some(exporting) = &self.exporting else { return };
        let (spans, dropped) = std::mem::take(&mut *exporting.buffer.lock());
        let (endpoint, count) = (&exporting.endpoint, spans.len());
        if dropped > 0 {
            warn!(dropped, "one invocation had more spans than are buffered");
        }
        if spans.is_empty() {
            return;
        }
        match tokio::time::timeout(exporting.timeout, exporting.exporter.export(spans)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(endpoint, spans = count, reason = causes(&error), "cannot export the spans"),
            Err(_) => warn!(endpoint, spans = count, timeout = ?exporting.timeout, "the collector took too long"),
        }
    }
}

/// Makes the span a child of the span that published the message.
pub(crate) fn continue_trace(span: &Span, traceparent: Option<&str>, version: Option<u64>) {
    if let Some(parent) = traceparent.and_then(parse_traceparent)
        && let Err(error) = span.set_parent(parent)
    {
        // No layer records traces in this process.
        trace!(%error, "cannot continue the trace");
    }
    if let Some(version) = version.and_then(|version| i64::try_from(version).ok()) {
        span.set_attribute("causeway.version", version);
    }
}

/// The span of a relay batch. A batch publishes commits of many traces, so its trace is its own and links to them.
pub(crate) fn relay_span(request_id: &str, records: usize) -> Span {
    info_span!(target: NOT_LOGGED, "relay", request_id, records)
}

/// Links the current span to the spans whose commits it publishes.
pub(crate) fn link<'a>(traceparents: impl Iterator<Item = &'a str>) {
    let span = Span::current();
    for context in traceparents.filter_map(parse_traceparent) {
        span.add_link(context.span().span_context().clone());
    }
}

/// Records the outcome of a message in the current span.
pub(crate) fn record_outcome(outcome: &Outcome) {
    let span = Span::current();
    let name = match outcome {
        Ok(Handled::Done) => "done",
        Ok(Handled::Duplicate) => "duplicate",
        Ok(Handled::Rejected) => "rejected",
        Ok(Handled::DeadLettered) => "buried",
        Err(_) => "retried",
    };
    span.set_attribute("causeway.outcome", name);
    match outcome {
        Ok(Handled::DeadLettered) => span.set_status(Status::error("dead-lettered")),
        Err(Failure::Transient(reason) | Failure::Permanent(reason)) => {
            span.set_status(Status::error(causes(reason.as_ref())));
        }
        Ok(_) => {}
    }
}

/// The current span as a W3C `traceparent`.
pub(super) fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let current = context.span().span_context().clone();
    let (trace, span) = (current.trace_id(), current.span_id());
    current.is_valid().then(|| format!("00-{trace}-{span}-{:02x}", current.trace_flags().to_u8()))
}

fn parse_traceparent(traceparent: &str) -> Option<Context> {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    context.has_active_span().then_some(context)
}

/// Exports messages, relay batches and whole SDK calls, but not what the SDK does inside a call.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let name = metadata.name();
    let ours = metadata.target() == NOT_LOGGED
        || (name == "message" && metadata.target().starts_with(env!("CARGO_CRATE_NAME")));
    metadata.is_span() && (ours || (metadata.target().starts_with("aws_sdk_") && name.contains('.')))
}

/// The resource attributes; OpenTelemetry's own variables override the ones known here.
fn resource(function: &str, settings: &Settings) -> Resource {
    let known = [("cloud.provider", "aws".to_owned()), ("faas.name", function.to_owned())];
    let resource = Resource::builder_empty().with_attributes(known.map(|(key, value)| KeyValue::new(key, value)));
    let configured = Resource::builder().build();
    let resource =
        resource.with_attributes(configured.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
    match settings.service.clone() {
        Some(service) => resource.with_service_name(service).build(),
        None => resource.build(),
    }
}

/// The spans of one invocation that have ended, and the number of those dropped over [`MAX_SPANS`].
#[derive(Clone, Debug)]
struct SpanBuffer {
    function: String,
    spans: Arc<Mutex<(Vec<SpanData>, u64)>>,
}

impl SpanBuffer {
    fn lock(&self) -> std::sync::MutexGuard<'_, (Vec<SpanData>, u64)> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span with OpenTelemetry's names for its name, kind and attributes.
    fn renamed(&self, mut span: SpanData) -> SpanData {
        span.attributes.retain_mut(|attribute| {
            let name =
                ATTRIBUTE_NAMES.iter().find(|(field, _)| *field == attribute.key.as_str()).map(|(_, name)| *name);
            attribute.key = name.map_or_else(|| attribute.key.clone(), Into::into);
            name != Some("")
        });
        if span.name != "message" && span.name != "relay" {
            span.span_kind = SpanKind::Client;
            return span;
        }
        span.name = Cow::Owned(self.function.clone());
        span.span_kind = SpanKind::Consumer;
        span.attributes.extend([
            KeyValue::new("faas.trigger", "pubsub"),
            KeyValue::new("messaging.system", "aws_eventbridge"),
            KeyValue::new("messaging.operation.type", "process"),
        ]);
        span
    }
}

impl SpanProcessor for SpanBuffer {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let span = self.renamed(span);
        let mut buffer = self.lock();
        if buffer.0.len() < MAX_SPANS {
            buffer.0.push(span);
        } else {
            buffer.1 += 1;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The exporter's HTTP client: the one of the SDK, with its TLS library.
#[derive(Debug)]
struct CollectorClient {
    connector: Connector,
}

impl CollectorClient {
    /// A client that connects with the first export.
    fn new(settings: &Settings) -> Self {
        // Reading all root certificates takes half the start-up time, and a local collector needs none.
        let roots = TrustStore::empty().with_native_roots(settings.endpoint.starts_with("https://"));
        let tls = TlsContext::builder().with_trust_store(roots).build();
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let connector = match tls {
            Ok(tls) => connector.tls_context(tls),
            Err(_) => connector,
        };
        Self { connector: connector.sleep_impl(TokioSleep::new()).build() }
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = HttpRequest::try_from(request.map(SdkBody::from))?;
        let response = self.connector.call(request).await?;
        let status = response.status().as_u16();
        let mut stream = ByteStream::new(response.into_body());
        let mut body = Vec::new();
        while let Some(bytes) = stream.next().await {
            body.extend_from_slice(&bytes?);
            if body.len() > MAX_RESPONSE_BYTES {
                return Err("the collector's response is too long".into());
            }
        }
        Ok(Response::builder().status(status).body(Bytes::from(body))?)
    }
}
