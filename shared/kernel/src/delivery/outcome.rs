//! [`Outcomes`], the port that keeps for a week what became of a command from outside: done with its events, rejected by
//! a rule, or dead-lettered. It is read by the id of the command.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{BoxError, Failure},
    message::{MessageId, StreamId},
};

/// How long an outcome is kept.
pub const OUTCOME_RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandOutcome {
    /// The id of the command.
    pub command_id: MessageId,
    /// Its name.
    pub command: String,
    /// The user who sent it, as its metadata say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// When the outcome was recorded.
    pub at: Timestamp,
    /// The outcome.
    #[serde(flatten)]
    pub result: CommandResult,
}

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum CommandResult {
    /// It was executed.
    Done {
        /// The first events that it appended; none if it changed nothing.
        events: Vec<AppendedEvent>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        more_events: usize,
    },
    /// A rule rejected it.
    Rejected {
        /// The stream whose rules rejected it.
        stream: StreamId,
        /// The rule.
        rule: String,
        /// The reason in words.
        reason: String,
    },
    /// It can never be handled, and is in the dead letters.
    DeadLettered {
        /// The reason code.
        reason: String,
        /// What is wrong.
        explanation: String,
    },
}

/// An event that a command appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendedEvent {
    /// Its stream.
    pub stream: StreamId,
    /// Its version in the stream.
    pub version: u64,
    /// Its name.
    #[serde(rename = "type")]
    pub name: String,
}

impl CommandResult {
    /// Which of two results of one command stays: the higher, or the first of two equal ones. A later copy of a command
    /// that is done may be rejected or change nothing, and the command is done all the same; one that was rejected or
    /// dead-lettered may still be done.
    pub fn rank(&self) -> u8 {
        match self {
            Self::DeadLettered { .. } => 1,
            Self::Rejected { .. } => 2,
            Self::Done { events, .. } if events.is_empty() => 3,
            Self::Done { .. } => 4,
        }
    }
}

/// A store of outcomes.
#[async_trait]
pub trait Outcomes: Send + Sync {
    /// Keeps the outcome for [`OUTCOME_RETENTION`], unless one of the same or a higher [rank](CommandResult::rank) is kept.
    async fn record(&self, outcome: &CommandOutcome) -> Result<(), OutcomeError>;

    /// The outcome of a command, if it is recorded and not expired.
    async fn outcome(&self, command: &MessageId, now: Timestamp) -> Result<Option<CommandOutcome>, OutcomeError>;
}

/// A store of outcomes that did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the outcomes did not answer for the command {command}")]
pub struct OutcomeError {
    /// The command.
    pub command: MessageId,
    /// The error of the store.
    #[source]
    pub source: BoxError,
}

impl From<OutcomeError> for Failure {
    fn from(error: OutcomeError) -> Self {
        Self::transient(error)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
