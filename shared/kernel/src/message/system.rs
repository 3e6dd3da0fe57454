//! Technical events that the library itself publishes, under the source `causeway.system`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::id::MessageId;

crate::events! {
    /// Technical events.
    pub enum SystemEvent: events of "system" {
        CommandRejected = 1,
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
