//! What the machinery itself says: technical events under their own source, which wake no business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::id::MessageId;

crate::events! {
    /// Technical events.
    pub enum SystemEvent: events of "system" {
        CommandRejected = 1,
    }
}

/// A rule said no to a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandRejected {
    /// The stream that was asked: `order/o-1001`.
    pub stream: String,
    /// The rejected command's id.
    pub command_id: MessageId,
    /// The rejected command's name, or that of the event that asked.
    pub command: String,
    /// The broken rule, for machines.
    pub rule: String,
    /// The broken rule, for people.
    pub reason: String,
}
