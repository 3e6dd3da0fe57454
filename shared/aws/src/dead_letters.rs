//! Dead letters as one thing: what AWS writes in three shapes and we in a fourth is read as a [`Letter`].
//! The `desk` lists letters, puts them back on their bus and throws them away; `redrive` says what may go back.

pub mod desk;
mod read;
pub mod redrive;

use causeway::Delivery;
use jiff::Timestamp;
use serde::Serialize;

/// A message that nobody could deliver or handle, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// The reason as one word: `NO_PERMISSIONS`, `Retry.Conflict`, `MALFORMED` …
    pub reason: String,
    /// The reason in full.
    pub explanation: String,
    /// How often it was tried, where somebody counted.
    pub attempts: Option<u32>,
    /// Who gave up.
    pub origin: Origin,
    /// When it was given up.
    pub at: Option<Timestamp>,
    /// What was to be said.
    pub content: Content,
}

/// Who gave a letter up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// A rule that could not hand it to its target.
    Rule {
        /// The rule.
        rule_arn: String,
        /// The target.
        target_arn: String,
    },
    /// Lambda, after the function failed too often.
    Function {
        /// The function.
        function_arn: String,
    },
    /// A schedule that could not say its message.
    Timer {
        /// The schedule.
        schedule_arn: String,
    },
    /// A function of ours that knew it can never work.
    Kept {
        /// The function, or `relay`.
        consumer: String,
    },
    /// Nobody known.
    Unknown,
}

/// What a letter holds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// A message of the bus.
    Message(Delivery),
    /// Something that cannot go back on a bus.
    Unreadable {
        /// What is there.
        text: String,
        /// Why it cannot go back.
        why: String,
    },
}

#[cfg(test)]
mod tests;
