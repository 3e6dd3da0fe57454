//! The result of a command as its exit code.

use std::process::ExitCode;

/// How a command ended when no error occurred. An error ends with 1, wrong arguments with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandStatus {
    /// The command did all of it. Exit code 0.
    Done,
    /// What was asked for does not exist. Exit code 3.
    NotFound,
    /// Something was rejected: an event by the bus, an event by a pattern, or a dead letter that was not redriven.
    /// Exit code 4.
    Rejected,
}

impl From<CommandStatus> for ExitCode {
    fn from(status: CommandStatus) -> Self {
        match status {
            CommandStatus::Done => Self::SUCCESS,
            CommandStatus::NotFound => Self::from(3),
            CommandStatus::Rejected => Self::from(4),
        }
    }
}
