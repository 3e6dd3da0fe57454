//! Functions as Lambda invokes them: by a rule of the bus, by an SQS queue, or by the stream of the events table.
//! Payloads are untrusted: a message that cannot be decoded is dead-lettered and does not stop the function.

pub mod error_response;
pub mod functions;
pub mod message_handler;
pub mod stream;

use async_trait::async_trait;
use lambda_runtime::Diagnostic;
use serde_json::Value;

/// One invocation of a function.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// The payload as JSON text.
    pub payload: &'a str,
    /// Lambda's request id; a retry has the same one.
    pub request_id: &'a str,
    /// The attempt, counted from 1. Only this execution environment's attempts are counted.
    pub attempt: u32,
}

/// A function that Lambda can invoke.
#[async_trait]
pub trait Function: Send + Sync + 'static {
    /// Runs one invocation and returns the JSON response, or the error that Lambda records.
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic>;
}

#[cfg(test)]
mod tests;
