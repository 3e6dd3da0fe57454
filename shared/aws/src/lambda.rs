//! What Lambda hands to a function and what it gets back: from the bus, from a queue, from the table's stream.
//! Payloads are read by hand and never trusted: what is no message ends in the dead letters, not in a crash.

pub mod attempts;
pub mod bus;
pub mod event;
pub mod failed;
pub mod image;
pub mod listener;
pub mod queue;
pub mod stream;

use async_trait::async_trait;
use lambda_runtime::Diagnostic;
use serde_json::Value;

/// One invocation.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// What Lambda hands over: JSON.
    pub payload: &'a str,
    /// Lambda's id of it, the same for every try.
    pub request_id: &'a str,
    /// Which try this is, as far as this environment knows.
    pub attempt: u32,
}

/// A function as Lambda sees it.
#[async_trait]
pub trait Function: Send + Sync + 'static {
    /// Answers one invocation.
    async fn answer(&self, invocation: Invocation<'_>) -> Result<Value, Diagnostic>;
}

#[cfg(test)]
mod tests;
