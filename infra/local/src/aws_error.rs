//! The error type of all AWS APIs of the local cloud, and how their requests are read.

use serde::de::DeserializeOwned;
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
    /// An error with this status.
    pub fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// An error of the caller, with status 400.
    pub fn sender(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(400, code, message)
    }

    /// An error of the service, with status 500. The caller may retry.
    pub fn receiver(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(500, code, message)
    }

    /// The same error with a longer explanation on the next line.
    pub fn explained(mut self, explanation: impl std::fmt::Display) -> Self {
        self.message = format!("{}\n{explanation}", self.message);
        self
    }

    /// The error as the body of a JSON protocol.
    pub fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message })
    }
}

pub(crate) fn read<T: DeserializeOwned>(body: Value) -> Result<T, AwsError> {
    serde_json::from_value(body).map_err(|error| AwsError::sender("SerializationException", error.to_string()))
}
