//! The port to the dead letters: what can never work is kept with its reason, never dropped.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::failure::{BoxError, Failure};

/// The dead letters.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Keeps the letter.
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError>;
}

/// A message that will never work as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The reason as one word: `MALFORMED`, `LOOP`, `UNKNOWN_VERSION`, a bus's final code …
    pub reason: String,
    /// The reason in full.
    pub explanation: String,
    /// Who gave up: a function's name, or `relay`.
    pub consumer: String,
    /// When.
    pub at: Timestamp,
    /// The message as it came: a bus event.
    pub message: Box<RawValue>,
}

/// A letter that was not kept.
#[derive(Debug, thiserror::Error)]
#[error("the dead letter for {consumer} was not kept")]
pub struct DeadLetterError {
    /// Who gave up.
    pub consumer: String,
    /// Why it was not kept.
    #[source]
    pub source: BoxError,
}

impl From<DeadLetterError> for Failure {
    fn from(error: DeadLetterError) -> Self {
        Self::transient(error)
    }
}
