//! Spans that have ended, buffer until the invocation does, under the names that OpenTelemetry has for their fields.
//! There are never more than so many: what is too much is counted and not buffer.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::{Context, KeyValue, trace::SpanKind};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};

/// The most spans of one invocation: the relay's batch of a hundred commits with all its calls has room.
pub(in super::super) const MAX_SPANS: usize = 1_024;

/// The fields of a line of the log, as attributes.
const WORDS: [(&str, &str); 9] = [
    ("event", "causeway.message"),
    ("id", "messaging.message.id"),
    ("stream", "causeway.stream"),
    ("correlation_id", "causeway.correlation_id"),
    ("causation_id", "causeway.causation_id"),
    ("attempt", "causeway.attempt"),
    ("request_id", "faas.invocation_id"),
    ("records", "messaging.batch.message_count"),
    // A number that the SDK makes for its own lines.
    ("sdk_invocation_id", ""),
];

/// The spans of one invocation; a clone keeps the same.
#[derive(Clone, Debug)]
pub(super) struct SpanBuffer {
    function: String,
    spans: Arc<Mutex<(Vec<SpanData>, u64)>>,
}

impl SpanBuffer {
    pub(super) fn of(function: &str) -> Self {
        Self { function: function.to_owned(), spans: Arc::default() }
    }

    /// The spans since this was asked last, and how many were too much.
    pub(super) fn take(&self) -> (Vec<SpanData>, u64) {
        std::mem::take(&mut *self.spans.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).0.len()
    }

    fn named(&self, mut span: SpanData) -> SpanData {
        span.attributes = span.attributes.into_iter().filter_map(renamed).collect();
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
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let span = self.named(span);
        let mut buffer = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
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

fn renamed(attribute: KeyValue) -> Option<KeyValue> {
    match WORDS.iter().find(|(field, _)| *field == attribute.key.as_str()) {
        Some((_, "")) => None,
        Some((_, word)) => Some(KeyValue::new(*word, attribute.value)),
        None => Some(attribute),
    }
}
