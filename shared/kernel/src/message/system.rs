//! Technical events that the library itself publishes, under the source `causeway.system`. They are for people and
//! monitoring: no function of the business handles them, and nothing is lost with them, because the log, the dead letters
//! and the metrics hold what they report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::id::MessageId;

crate::events! {
    /// Technical events.
    pub enum SystemEvent: events of "system" {
        CommandRejected = 1,
        ErrorOccurred = 1,
        ServiceStarted = 1,
    }
}

/// A rule rejected a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandRejected {
    /// The stream of the aggregate that decided: `order/o-1001`.
    pub stream: String,
    /// The rejected command's id.
    pub command_id: MessageId,
    /// The rejected command's name, or that of the event that caused it.
    pub command: String,
    /// The broken rule's name, for machines.
    pub rule: String,
    /// The broken rule in words, for people.
    pub reason: String,
}

/// A message was dead-lettered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorOccurred {
    /// The function that could not handle the message.
    pub consumer: String,
    /// The message's name; empty if it has none.
    pub message: String,
    /// The message's id.
    pub message_id: MessageId,
    /// The reason code: `MALFORMED`, `FORGED`, `LOOP`.
    pub reason: String,
    /// The reason in words, shortened.
    pub explanation: String,
}

/// A function started in a new execution environment: a cold start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStarted {
    /// The function's name.
    pub function: String,
}
