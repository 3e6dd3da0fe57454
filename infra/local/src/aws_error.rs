//! The error type of all AWS APIs of the local cloud.

use serde_json::{Value, json};

/// An AWS error with its HTTP status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// The HTTP status.
    pub status: u16,
    /// The name of the error shape without its namespace, such as `ResourceNotFoundException`.
    pub code: String,
    /// The message for people.
    pub message: String,
}

impl AwsError {
    /// An error of the caller, with status 400.
    pub fn sender(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into() }
    }

    /// An error of the service, with status 500. The caller may retry.
    pub fn receiver(code: &str, message: impl Into<String>) -> Self {
        Self { status: 500, code: code.to_owned(), message: message.into() }
    }

    /// The error as the body of a JSON protocol.
    pub fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message })
    }
}
