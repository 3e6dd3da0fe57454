//! The executor runs functions, in this process or in processes of their own. It does not retry. An invocation is
//! cancelled by dropping its future, and must then stop completely.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::template::Function;

/// One invocation of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function to invoke.
    pub function: Arc<Function>,
    /// The payload as JSON.
    pub payload: String,
    /// The request id, the same for all attempts.
    pub request_id: String,
    /// The time at which the invocation times out, on the local cloud's clock.
    pub deadline: Timestamp,
    /// The X-Ray trace header.
    pub trace: String,
}

/// The error of a failed function, as Lambda reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// The error type.
    pub kind: String,
    /// The error message.
    pub message: String,
    /// The stack trace, if the function reported one.
    pub trace: Vec<String>,
}

impl FunctionError {
    /// An error without a stack trace.
    pub fn new(kind: &str, message: String) -> Self {
        Self { kind: kind.to_owned(), message, trace: Vec::new() }
    }

    /// The error as the payload of the response.
    pub fn payload(&self) -> Value {
        let mut payload = json!({ "errorType": self.kind, "errorMessage": self.message });
        if let (false, Some(fields)) = (self.trace.is_empty(), payload.as_object_mut()) {
            fields.insert("stackTrace".to_owned(), json!(self.trace));
        }
        payload
    }
}

/// Runs functions.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Runs one invocation. Dropping the future cancels it.
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError>;
}
