//! Who runs a function: in this process, or as a process of its own. An executor knows nothing of retries and queues;
//! it is cut off by being dropped, and then nothing of the invocation may go on.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::template::Function;

/// One try of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function.
    pub function: Arc<Function>,
    /// What it is told: JSON.
    pub payload: String,
    /// The id of the invoke, the same for every try.
    pub request_id: String,
    /// When it is cut off, on the clock of the local cloud.
    pub deadline: Timestamp,
    /// The trace header.
    pub trace: String,
}

/// A function that failed, as Lambda says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// The kind of the error.
    pub kind: String,
    /// What is said to people.
    pub message: String,
    /// Where it happened, if the function says so.
    pub trace: Vec<String>,
}

impl FunctionError {
    /// A failure without a trace.
    pub fn new(kind: &str, message: String) -> Self {
        Self { kind: kind.to_owned(), message, trace: Vec::new() }
    }

    /// What the caller gets as the answer.
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
    /// Runs one try. Dropping the future cuts the function off.
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError>;
}
