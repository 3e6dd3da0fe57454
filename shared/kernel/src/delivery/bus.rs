//! The port to the bus: say many messages, and hear of each whether it was taken.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{failure::BoxError, message::envelope::Envelope};

/// The bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Says all entries; the answer has one outcome per entry, in their order. Several entries may be said in one
    /// call or in many; nothing is promised about their order, so say only what may stand side by side.
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome>;
}

/// One message to say.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who says it: `causeway.<context>`.
    pub source: String,
    /// The message.
    pub envelope: Envelope,
}

impl Entry {
    /// An entry said by `context`.
    pub fn from_context(context: &str, envelope: Envelope) -> Self {
        Self { source: source_of(context), envelope }
    }

    /// When the message happened.
    pub fn time(&self) -> Timestamp {
        self.envelope.timestamp
    }
}

/// The source under which a context says its facts.
pub fn source_of(context: &str) -> String {
    format!("causeway.{context}")
}

/// What became of one entry.
#[derive(Debug)]
pub enum PublishOutcome {
    /// The bus has it.
    Accepted,
    /// Not taken, but it may be later: throttled, internal error, no answer.
    Transient(BoxError),
    /// Never to be taken: malformed, not authorized.
    Permanent {
        /// The bus's word.
        code: String,
        /// Why.
        reason: String,
    },
}
