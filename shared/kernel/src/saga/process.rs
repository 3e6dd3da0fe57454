//! Processes: deciders that react to events and come to an end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::command::Decider;

/// A decider that ends.
pub trait Process: Decider {
    /// The status of the process.
    fn status(state: &Self::State) -> Status;
}

/// The status of a process. The last three are ends, and a process reaches one of them, once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// It has not started.
    #[default]
    NotStarted,
    /// It goes forward.
    Running,
    /// It undoes what was done.
    Compensating,
    /// Everything is done.
    Completed,
    /// Everything is undone.
    Compensated,
    /// Neither could be: an operator must look.
    NeedsOperator,
}

impl Status {
    /// Whether this is an end.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated | Self::NeedsOperator)
    }
}
