//! [`DeadLetters`], the port to the store of messages that can never be handled; each is kept with its reason.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::failure::{BoxError, Failure};

/// A store of dead letters.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Stores the dead letter.
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError>;
}

/// A message that can never be handled as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The reason code: `MALFORMED`, `LOOP`, `UNKNOWN_VERSION`, or the error code of the bus.
    pub reason: String,
    /// The error and its causes.
    pub explanation: String,
    /// The consumer that dead-lettered it: a function's name, or `relay`.
    pub consumer: String,
    /// When it was dead-lettered.
    pub at: Timestamp,
    /// The message as it was delivered: a bus event.
    pub message: Box<RawValue>,
}

/// A dead letter that was not stored.
#[derive(Debug, thiserror::Error)]
#[error("the dead letter of {consumer} was not stored")]
pub struct DeadLetterError {
    /// The consumer that wrote it.
    pub consumer: String,
    /// The error of the store.
    #[source]
    pub source: BoxError,
}

impl From<DeadLetterError> for Failure {
    fn from(error: DeadLetterError) -> Self {
        Self::transient(error)
    }
}
