//! [`Bus`], the port to the message bus: publishes entries and reports an outcome for each.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{failure::BoxError, message::Envelope};

/// A message bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes all entries, in one request or several, and returns one outcome per entry, in their order. The entries
    /// may be delivered in any order.
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome>;
}

/// One message to publish.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who publishes it: `causeway.<context>`.
    pub source: String,
    /// The message in its envelope.
    pub envelope: Envelope,
}

impl Entry {
    /// An entry of this context's source.
    pub fn from_context(context: &str, envelope: Envelope) -> Self {
        Self { source: source_of(context), envelope }
    }

    /// The timestamp of the message.
    pub fn time(&self) -> Timestamp {
        self.envelope.timestamp
    }
}

/// The beginning of the sources of all contexts.
const OWN_SOURCES: &str = "causeway.";

/// The source under which a context publishes: `causeway.<context>`.
pub fn source_of(context: &str) -> String {
    format!("{OWN_SOURCES}{context}")
}

/// Whether a context of the application publishes under this source.
pub fn is_own_source(source: &str) -> bool {
    source.starts_with(OWN_SOURCES)
}

/// The outcome of publishing one entry.
#[derive(Debug)]
pub enum PublishOutcome {
    /// The bus accepted it.
    Accepted,
    /// Not accepted, but it may be later: throttled, internal error, no answer.
    Transient(BoxError),
    /// Never to be accepted: malformed, not authorized.
    Permanent {
        /// The bus's error code.
        code: String,
        /// The bus's error message.
        reason: String,
    },
}
