//! An error as AWS answers it, whichever part of the local cloud gives it.

use serde_json::{Value, json};

/// An error with its HTTP status, as it stands in the answer of a JSON protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// The HTTP status.
    pub status: u16,
    /// The shape's name, without its namespace: `ResourceNotFoundException`, `QueueDoesNotExist` …
    pub code: String,
    /// What is said to people.
    pub message: String,
}

impl AwsError {
    /// The caller is at fault: status 400.
    pub fn sender(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    /// The service is at fault: status 500, and the caller may try again.
    pub fn receiver(code: &str, message: impl Into<String>) -> Self {
        Self { status: 500, code: code.to_owned(), message: message.into() }
    }

    /// The answer's body.
    pub fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message })
    }
}
