//! Dead letters in one form: the three formats that AWS writes and our own are read as a [`DeadLetter`].
//! `dlq_client` lists, redrives and purges them; `redrive` builds the entry that is published again.

pub mod dlq_client;
mod read;
pub mod redrive;

use causeway::Delivery;
use jiff::Timestamp;
use serde::Serialize;

/// A message that could not be delivered or handled, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The reason as one word, such as `NO_PERMISSIONS`, `Retry.Conflict` or `MALFORMED`.
    pub reason: String,
    /// The reason in full.
    pub explanation: String,
    /// The number of attempts, if the writer counted them.
    pub attempts: Option<u32>,
    /// Which part of the system gave up.
    pub origin: Origin,
    /// When it was dead-lettered.
    pub at: Option<Timestamp>,
    /// The message.
    pub content: Content,
}

/// The part of the system that dead-lettered a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// A rule that could not deliver it to its target.
    Rule {
        /// The ARN of the rule.
        rule_arn: String,
        /// The ARN of the target.
        target_arn: String,
    },
    /// Lambda, after all retries of the function failed.
    Function {
        /// The ARN of the function.
        function_arn: String,
    },
    /// A schedule that could not publish its message.
    Timer {
        /// The ARN of the schedule.
        schedule_arn: String,
    },
    /// One of our own functions, because the message can never be handled.
    Kept {
        /// The name of the function, or `relay`.
        consumer: String,
    },
    /// It does not say.
    Unknown,
}

/// The content of a dead letter.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// A message that can be published again.
    Message(Delivery),
    /// Text that cannot be published again.
    Unreadable {
        /// The text.
        text: String,
        /// Why it cannot be published.
        why: String,
    },
}

#[cfg(test)]
mod tests;
