//! Functions as Lambda invokes them: by a rule of the bus, an SQS queue, the stream of the events table, or an HTTP API.
//! Payloads are untrusted: a message that cannot be decoded is dead-lettered and does not stop the function.

pub mod api;
pub mod functions;
pub mod message_handler;
pub mod stream;

use std::fmt::{self, Write};

use async_trait::async_trait;
use causeway::{Failure, failure::causes};
use lambda_runtime::Diagnostic;
use serde_json::Value;
use tracing::error;

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

/// Variant names that are preferred as the error type, at whatever depth they occur.
const PREFERRED_NAMES: [&str; 5] = ["Conflict", "Gap", "ClaimHeld", "Newer", "Unavailable"];

/// How many bytes of an error's `Debug` text are searched for its name.
const MAX_DEBUG_BYTES: usize = 256;

/// The error response of a failed handler: an error type such as `Retry.Conflict`, and the reason.
pub fn diagnostic(failure: &Failure) -> Diagnostic {
    let kind = match failure {
        Failure::Transient(_) => "Retry",
        Failure::Permanent(_) => "Reject",
    };
    let error_type = format!("{kind}.{}", variant_name(failure.reason()));
    Diagnostic { error_type, error_message: causes(failure.reason()) }
}

/// The error response for a batch whose records cannot be identified: Lambda retries all of it.
pub(crate) fn unreadable_batch(source: &str, error: &serde_json::Error) -> Diagnostic {
    error!(reason = %error, source, "cannot read the batch");
    let error_message = format!("cannot read the batch of {source}: {error}");
    Diagnostic { error_type: "Retry.UnreadableBatch".to_owned(), error_message }
}

/// The error's variant. A derived `Debug` begins with the names of the variants down to the first field.
fn variant_name(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut prefix = DebugPrefix(String::new());
    // An error only says that enough was written.
    let complete = write!(prefix, "{error:?}").is_ok();
    let DebugPrefix(text) = prefix;
    let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '(')).unwrap_or(text.len());
    let is_name = |name: &&str| name.starts_with(|letter: char| letter.is_ascii_uppercase());
    let names: Vec<&str> = text.get(..end).unwrap_or_default().split('(').filter(is_name).collect();
    let preferred = names.iter().find(|name| PREFERRED_NAMES.contains(*name));
    match preferred.or_else(|| names.first()) {
        Some(name) if complete || name.len() < MAX_DEBUG_BYTES => (*name).to_owned(),
        _ => "Failed".to_owned(),
    }
}

struct DebugPrefix(String);

impl Write for DebugPrefix {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() < MAX_DEBUG_BYTES { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests;
